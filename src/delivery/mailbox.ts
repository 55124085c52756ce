/** A bounded queue between those who work and the one who reads: who puts waits while it is full. */
export interface Mailbox<T> {
  readonly put: (item: T) => Promise<void>;
  /** Nothing more will be put; readers end when it is empty. */
  readonly close: (error?: unknown) => void;
  /** Takes items in order until it is closed; rejects with the error it was closed with. */
  readonly items: () => AsyncGenerator<T>;
}

/** Makes a mailbox that holds about so many items before `put` waits. */
export function createMailbox<T>(capacity: number): Mailbox<T> {
  const items: T[] = [];
  const putters: (() => void)[] = [];
  let wakeReader: (() => void) | undefined;
  let closed: { readonly error?: unknown } | undefined;

  return {
    async put(item) {
      items.push(item);
      wakeReader?.();
      if (items.length >= capacity) await new Promise<void>((resolve) => putters.push(resolve));
    },
    close(error) {
      closed ??= error === undefined ? {} : { error };
      wakeReader?.();
    },
    async *items() {
      for (;;) {
        for (let item = items.shift(); item !== undefined; item = items.shift()) {
          putters.shift()?.();
          yield item;
        }
        if (closed?.error !== undefined) throw closed.error;
        if (closed !== undefined) return;
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
    },
  };
}
