import type { Sink } from '@sluice/core';

const sink: Sink = async () => {
  throw new Error('cannot connect to postgres://app:sink-secret@db/app');
};
export default sink;
