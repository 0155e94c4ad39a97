import { expect, test } from "vitest";
import type { DriverEvent } from "../drivers/messages.ts";
import type { Driver, DriverListener } from "../drivers/types.ts";
import { measuredAdoption, measuredListener } from "./measured-drivers.ts";

function setUp(lost: DriverListener["lost"] = () => Promise.resolve()) {
  const counted: string[] = [];
  const metrics = {
    count: (name: string, labels: object, by = 1) =>
      counted.push([name, ...Object.values(labels as Record<string, string>), by].join(" ")),
  };
  const quiet = () => Promise.resolve();
  const inner = { connected: quiet, event: quiet, progress: quiet, silent: quiet, lost };
  return { counted, metrics, listener: measuredListener(inner, metrics) };
}

const driver = () => ({ id: "d" }) as Driver;
const ended = (clean: boolean) => ({ type: "ended", seq: 1, at: 1, reason: "r", clean }) as DriverEvent;

test("why drivers ended: as told, as told with a failure, or without a word", async () => {
  const { counted, listener } = setUp();
  const [clean, failed, vanished] = [driver(), driver(), driver()];
  await listener.event(clean, ended(true));
  await listener.event(failed, ended(false));
  for (const one of [clean, failed, vanished]) await listener.lost(one, "whatever");
  expect(counted).toEqual(["clean", "failed", "vanished"].map((cause) => `glaux_drivers_ended_total ${cause} 1`));
});

test("a report that could not be taken is counted when it comes again", async () => {
  let failures = 1;
  const { counted, listener } = setUp(() => (failures-- > 0 ? Promise.reject(new Error("full")) : Promise.resolve()));
  const one = driver();
  await expect(listener.lost(one, "r")).rejects.toThrow("full");
  expect(counted).toEqual([]);
  await listener.lost(one, "r");
  expect(counted).toEqual(["glaux_drivers_ended_total vanished 1"]);
});

test("adopted drivers and strays", async () => {
  const { counted, metrics } = setUp();
  const fleet = measuredAdoption(
    { adoptAll: () => Promise.resolve(["a", "b"]), sweep: () => Promise.resolve(3) },
    metrics,
  );
  expect(await fleet.adoptAll()).toEqual(["a", "b"]);
  expect(await fleet.sweep()).toBe(3);
  expect(counted).toEqual(["glaux_driver_adoptions_total 2", "glaux_strays_ended_total 3"]);
});
