// A queue between several producers and one consumer.

/** A queue between several producers and one consumer: `put` waits while it is full. */
export interface BoundedQueue<T> {
  readonly put: (item: T) => Promise<void>;
  /** Nothing more will be put; the consumer ends when it is empty. */
  readonly close: (error?: unknown) => void;
  /** Takes items in order until it is closed; rejects with the error it was closed with. */
  readonly items: () => AsyncGenerator<T>;
}

/** Makes a queue that holds about so many items before `put` waits. */
export function createBoundedQueue<T>(capacity: number): BoundedQueue<T> {
  const items: T[] = [];
  const producers: (() => void)[] = [];
  let wakeConsumer: (() => void) | undefined;
  let closed: { readonly error?: unknown } | undefined;

  return {
    async put(item) {
      items.push(item);
      wakeConsumer?.();
      if (items.length >= capacity) await new Promise<void>((resolve) => producers.push(resolve));
    },
    close(error) {
      closed ??= error === undefined ? {} : { error };
      wakeConsumer?.();
    },
    async *items() {
      for (;;) {
        for (let item = items.shift(); item !== undefined; item = items.shift()) {
          producers.shift()?.();
          yield item;
        }
        if (closed?.error !== undefined) throw closed.error;
        if (closed !== undefined) return;
        await new Promise<void>((resolve) => {
          wakeConsumer = resolve;
        });
      }
    },
  };
}
