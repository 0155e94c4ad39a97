import type { Driver, DriverListener } from "../drivers/types.ts";
import type { Metrics } from "./metrics.ts";

/** Counts what drivers report. Each report is counted once, when `listener` has taken it. */
export function measuredListener(listener: DriverListener, metrics: Pick<Metrics, "count">): DriverListener {
  const saidAtTheEnd = new WeakMap<Driver, "clean" | "failed">();
  return {
    ...listener,
    async event(driver, event) {
      await listener.event(driver, event);
      if (event.type === "runner_lost") metrics.count("glaux_runners_lost_total", {});
      if (event.type === "degraded") metrics.count("glaux_drivers_degraded_total", {});
      if (event.type === "ended") saidAtTheEnd.set(driver, event.clean ? "clean" : "failed");
    },
    async silent(driver, isSilent) {
      await listener.silent(driver, isSilent);
      if (isSilent) metrics.count("glaux_drivers_degraded_total", {});
    },
    async lost(driver, reason) {
      await listener.lost(driver, reason);
      metrics.count("glaux_drivers_ended_total", { cause: saidAtTheEnd.get(driver) ?? "vanished" });
    },
  };
}

interface Adopting<D> {
  adoptAll(): Promise<D[]>;
  sweep(): Promise<number>;
}

/** Counts what the reconciler does with the drivers of earlier servers. */
export function measuredAdoption<D>(fleet: Adopting<D>, metrics: Pick<Metrics, "count">): Adopting<D> {
  return {
    async adoptAll() {
      const adopted = await fleet.adoptAll();
      metrics.count("glaux_driver_adoptions_total", {}, adopted.length);
      return adopted;
    },
    async sweep() {
      const strays = await fleet.sweep();
      metrics.count("glaux_strays_ended_total", {}, strays);
      return strays;
    },
  };
}
