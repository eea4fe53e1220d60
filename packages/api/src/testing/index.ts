export { answerQuestions } from './answer-questions.ts';
// For tests that hold the service against programs it does not know itself (test/).
export { type Answer, send } from './http.ts';
export { startTestPlatform, type TestApi, type TestPlatform } from './platform.ts';
export { type ApiProcess, startApiProcess } from './process.ts';
