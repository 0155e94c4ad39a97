/** The oldest glibc that the pinned Node runs on (Node 24's BUILDING.md). */
const ofNode = "2.28";

/** Platform names of wheels from before the names told the glibc version (PEP 600). */
const legacy: Record<string, string> = { manylinux1: "2.5", manylinux2010: "2.12", manylinux2014: "2.17" };

/**
 * The oldest glibc that the pinned Node and all of these wheels run on, such as `2.28`. Files that are no
 * wheels need none.
 */
export function requiredGlibc(fileNames: readonly string[]): string {
  const ofWheels = fileNames.filter((name) => name.endsWith(".whl")).flatMap((name) => oldest(name) ?? []);
  return [ofNode, ...ofWheels].reduce((newest, version) => (isOlder(newest, version) ? version : newest));
}

/**
 * The oldest glibc that a wheel runs on. The last part of a wheel's name lists platforms, with `.` between
 * them, and any one of them is enough.
 */
function oldest(wheel: string): string | undefined {
  const platforms = wheel.slice(wheel.lastIndexOf("-") + 1).split(".");
  const versions = platforms.flatMap((platform) => {
    const [, major, minor] = /^manylinux_(\d+)_(\d+)_/.exec(platform) ?? [];
    return major && minor ? `${major}.${minor}` : (legacy[platform.split("_")[0] ?? ""] ?? []);
  });
  return versions.sort((a, b) => (isOlder(a, b) ? -1 : 1))[0];
}

function isOlder(a: string, b: string): boolean {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA < majorB || (majorA === majorB && minorA < minorB);
}
