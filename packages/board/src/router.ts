import { BackendError, InvalidInputError, SluiceError } from '@sluice/core';
import { isCrossSite } from './cross-site.js';
import type { FetchHandler } from './options.js';
import { Refusal } from './refusal.js';
import { failure, redirect } from './reply.js';
import { shownReason } from './shown.js';

/** What is at each path below the base, by method: `GET api/state`. */
export type Routes = Readonly<Record<string, (request: Request, url: URL) => Response | Promise<Response>>>;

/** Gives each request to its route. Rejects only with what a hook of the user throws. */
export function router(basePath: string, routes: Routes): FetchHandler {
  // As requests have it: a space is %20.
  const { pathname } = new URL(`http://localhost${basePath}`);
  const base = pathname.endsWith('/') ? pathname : `${pathname}/`;
  return async (request) => {
    try {
      const url = new URL(request.url);
      if (`${url.pathname}/` === base) return redirect(`${base.split('/').at(-2)}/`);
      if (!url.pathname.startsWith(base)) throw new Refusal(404, 'There is nothing here.');
      return await routeOf(routes, request, url.pathname.slice(base.length))(request, url);
    } catch (error) {
      return failureOf(error);
    }
  };
}

function routeOf(routes: Routes, request: Request, path: string): Routes[string] {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const name = `${method} ${path}`;
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (route === undefined) {
    const others = Object.keys(routes).some((each) => each.endsWith(` ${path}`));
    throw others ? new Refusal(405, `No ${method} here.`) : new Refusal(404, 'There is nothing here.');
  }
  if (path.startsWith('api/') && isCrossSite(request)) {
    throw new Refusal(403, 'This request comes from another site.');
  }
  return route;
}

function failureOf(error: unknown): Response {
  if (error instanceof Refusal) return failure(error.status, error.message);
  if (error instanceof InvalidInputError) return failure(400, error.message);
  if (error instanceof BackendError) return failure(503, shownReason(error.message));
  if (error instanceof SluiceError)
    return failure(error.code === 'ERR_SLUICE_CLOSED' ? 503 : 422, shownReason(error.message));
  throw error;
}
