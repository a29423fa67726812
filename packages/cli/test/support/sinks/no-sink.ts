export const sink = 'not the default';
