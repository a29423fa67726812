import type { Sink } from '@sluice/core';

const sink: Sink = async () => {};
export default sink;
