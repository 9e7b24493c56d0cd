/** The cases of shared services about their bus. */
import assert from "node:assert/strict";
import type { Origin, SharedServices } from "../capability/shared-services.ts";
import { createDeferred } from "../node/deferred.ts";
import type { SharedCase } from "./shared-services.ts";

interface Heard {
  readonly text: string;
  readonly origin: Origin;
}

/** Collects messages of a topic until a number of them has arrived. */
function collect({ bus }: SharedServices, topic: string, count: number): Promise<readonly Heard[]> {
  const done = createDeferred<readonly Heard[]>();
  const heard: Heard[] = [];
  const stop = bus.listen((of, bytes, origin) => {
    if (of !== topic) return;
    heard.push({ text: Buffer.from(bytes).toString("latin1"), origin });
    if (heard.length < count) return;
    stop();
    done.resolve(heard);
  });
  return done.promise;
}

/** Asserts that both processes hear a message of one of them. */
export async function assertBus({ one, other, key }: SharedCase): Promise<void> {
  const text = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
  const [own, others] = [collect(one, key, 1), collect(other, key, 1)];
  one.bus.publish(`${key}:another topic`, new Uint8Array(1));
  one.bus.publish(key, Buffer.from(text, "latin1"));
  const [first] = await own;
  const [second] = await others;
  assert.equal(first?.text, text);
  assert.equal(second?.text, text);
  assert.equal(first.origin.isSelf, true);
  assert.equal(second.origin.isSelf, false);
}

/** Asserts the order of the messages of one process. */
export async function assertOrder({ one, other, key }: SharedCase): Promise<void> {
  const sent = Array.from({ length: 100 }, (_, number) => String(number));
  const heard = collect(other, key, sent.length);
  for (const text of sent) one.bus.publish(key, Buffer.from(text));
  assert.deepEqual(
    (await heard).map(({ text }) => text),
    sent,
  );
}
