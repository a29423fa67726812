import { startTcpProxy, type TcpProxy } from '@sluice/test-servers';

/** A server that says something else than the real one behind it: `change` gets what it sends, and keeps its length. */
export function startRewritingProxy(port: number, change: (text: string) => string): Promise<TcpProxy> {
  return startTcpProxy(port, () => ({
    onReply(bytes) {
      const text = bytes.toString('latin1');
      const changed = change(text);
      if (changed === text) return 'pass';
      if (changed.length !== text.length) throw new Error('the length of the reply is part of it');
      return { instead: changed };
    },
  }));
}
