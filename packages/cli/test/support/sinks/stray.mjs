export default async () => {};

// As a pool does whose errors nobody listens for.
void Promise.reject(new Error('the pool lost postgres://me:secret@host'));
