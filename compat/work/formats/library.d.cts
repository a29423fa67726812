import type bullmq = require('@sluice/bullmq');
import type core = require('@sluice/core');
import type kysely = require('@sluice/kysely');

// What a CommonJS library makes of Sluice, and takes.

export interface Counts {
  Page: { columns: 'views'; filters: { path: string }; extra: { seen: Date } };
}

export const backend: core.Backend;
export const clock: core.Clock;
export const engine: core.Engine;
export const engineOptions: bullmq.BullmqOptions;
export const error: core.BackendError;
export const opener: core.BackendOpener;
export const seen: core.Ruled<Date>;
export const sink: core.Sink;
export const telemetry: core.Telemetry;
export const kyselySink: kysely.KyselySink;

export function open(): core.SluiceBuffer;
export function openTyped(): core.SluiceBuffer<Counts>;
export function start(buffer: core.SluiceBuffer): core.Worker;
export function count(buffer: core.SluiceBuffer<Counts>): Promise<void>;
export function process(buffer: core.SluiceBuffer, lease: core.Lease): Promise<core.Settlement>;
export function codeOf(error: core.SluiceError): core.SluiceErrorCode;
