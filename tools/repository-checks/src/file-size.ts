/** Longest hand-written source file. A longer one hides a second subject: split it. */
export const maxLines = 400;

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const generated = /(^|\/)generated\/|\.gen\.ts$/;

/** Hand-written source files above the limit. */
export function tooLongFiles(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => !generated.test(file.path))
    .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
    .filter((file) => file.lines > maxLines)
    .map((file) => `${file.path}: ${file.lines} lines, at most ${maxLines}; split it by subject`);
}

/** Composition roots hold wiring only. */
export function tooLongMains(files: readonly SourceFile[], limit = 150): readonly string[] {
  return files
    .filter((file) => /^apps\/[^/]+\/src\/main\.ts$/.test(file.path))
    .filter((file) => file.text.split('\n').length - 1 >= limit)
    .map((file) => `${file.path}: a composition root has less than ${limit} lines`);
}
