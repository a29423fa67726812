// As a pool would.
setInterval(() => {}, 1000);

export default async function sink() {}

export function close() {
  console.log('closed');
}
