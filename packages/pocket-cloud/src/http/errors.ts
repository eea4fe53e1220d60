export interface ApiErrorOptions {
  /** Neutron's exception name ("PortNotFound", …); other services derive theirs from the status. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer other than success, still in no service's dialect: the service's error body function renders it. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = options.type;
    this.headers = options.headers ?? {};
  }
}

export const badRequest = (message: string, type?: string): ApiError => make(400, message, type);
export const forbidden = (message: string, type?: string): ApiError => make(403, message, type);
export const notFound = (message: string, type?: string): ApiError => make(404, message, type);
export const conflict = (message: string, type?: string): ApiError => make(409, message, type);

function make(status: number, message: string, type: string | undefined): ApiError {
  return new ApiError(status, message, type === undefined ? {} : { type });
}

/** How a service writes an error: body for a status and message. */
export type ErrorBody = (error: ApiError) => unknown;

const titles: Readonly<Record<number, string>> = {
  300: 'Multiple Choices',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

export function statusTitle(status: number): string {
  return titles[status] ?? `Status ${status}`;
}

export const keystoneError: ErrorBody = (error) => ({
  error: { code: error.status, message: error.message, title: statusTitle(error.status) },
});

const novaNames: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

/** Also Cinder's: one key named after the status. Source: nova/api/openstack/wsgi.py, class Fault. */
export const novaError: ErrorBody = (error) => ({
  [novaNames[error.status] ?? 'computeFault']: { code: error.status, message: error.message },
});

export const neutronError: ErrorBody = (error) => ({
  NeutronError: {
    type: error.type ?? `HTTP${statusTitle(error.status).replaceAll(' ', '')}`,
    message: error.message,
    detail: '',
  },
});

/** A page, as webob writes it for what no service code takes care of; Glance answers all its errors so. */
export const htmlError: ErrorBody = ({ status, message }) => {
  const title = `${status} ${statusTitle(status)}`;
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<html>\n <head>\n  <title>${title}</title>\n </head>\n <body>\n  <h1>${title}</h1>\n  ${text}<br /><br />\n\n\n\n </body>\n</html>`;
};

/** Source: octavia/common/exceptions.py and wsme's fault shape. */
export const octaviaError: ErrorBody = (error) => ({
  faultcode: error.status >= 500 ? 'Server' : 'Client',
  faultstring: error.message,
  debuginfo: null,
});

export const placementError: ErrorBody = (error) => ({
  errors: [{ status: error.status, title: statusTitle(error.status), detail: error.message }],
});
