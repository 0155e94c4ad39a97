import type { EngineId } from "../domain/engine-version.ts";

/**
 * The flags of a driver's JVM, except the heap's size. A class-data archive is valid only with the flags that
 * it was made with, so this list serves both the making of the archive and sessions.
 */
export function jvmFlags(id: EngineId, javaMajor: number, log4jFile: string): string[] {
  return [
    ...common,
    // Java 24 removed this package.
    ...(javaMajor < 24 ? ["--add-opens=java.base/sun.security.action=ALL-UNNAMED"] : []),
    ...(id === "4" ? nettyFlags : []),
    ...(id === "4" && javaMajor >= 23 ? ["--sun-misc-unsafe-memory-access=allow"] : []),
    ...(id === "4" ? ["--enable-native-access=ALL-UNNAMED"] : []),
    // The serial collector needs the least memory, and is no slower up to the 4 GB that a driver has.
    "-XX:+UseSerialGC",
    // The heap starts with room for what a session has loaded after a few queries, and never shrinks below
    // this size. With a smaller heap each growth ends in a full collection: five of them until the first
    // result.
    "-Xms88m",
    "-XX:NewSize=24m",
    // What a full collection has freed goes back to the system at once, except for a fifth. What the C
    // library keeps of freed memory goes back a little later.
    "-XX:MinHeapFreeRatio=10",
    "-XX:MaxHeapFreeRatio=20",
    "-XX:-ShrinkHeapInSteps",
    "-XX:TrimNativeHeapInterval=15000",
    "-XX:-UsePerfData",
    // The archive stays at the address that it was made for. If it were moved, each JVM would have a copy of
    // its own, of 150 MB, and take 0.1 s to make it. (So the archive is at the same address in every driver.
    // That does not help an attacker: whoever runs code in a driver needs no address.)
    "-XX:ArchiveRelocationMode=0",
    "-XX:+ExitOnOutOfMemoryError",
    // Ten times the defaults: the optimizing compiler leaves the start alone and still takes over long work.
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
    // Java 17 would take the locale's encoding, which is ASCII in many containers.
    "-Dfile.encoding=UTF-8",
    // Set by a property, because a conf folder on the class path would make the archive impossible.
    `-Dlog4j2.configurationFile=${log4jFile}`,
  ];
}

/** The flags by which a JVM writes its archive when it ends. */
export function archiveDumpFlags(javaMajor: number, file: string): string[] {
  return javaMajor >= 25 ? [`-XX:AOTCacheOutput=${file}`] : [`-XX:ArchiveClassesAtExit=${file}`];
}

/** `strict`: the JVM refuses to start where the archive does not fit, instead of going on without it. */
export function archiveUseFlags(javaMajor: number, file: string, strict = false): string[] {
  return javaMajor >= 25
    ? [`-XX:AOTCache=${file}`, ...(strict ? ["-XX:AOTMode=on"] : [])]
    : [`-XX:SharedArchiveFile=${file}`, strict ? "-Xshare:on" : "-Xshare:auto"];
}

/**
 * The same list as in Spark's own launcher (org.apache.spark.launcher.JavaModuleOptions of 3.5.7 and 4.3.0),
 * but without `--add-modules=jdk.incubator.vector`, which disables the archived module graph.
 */
const opened = [
  "java.base/java.lang",
  "java.base/java.lang.invoke",
  "java.base/java.lang.reflect",
  "java.base/java.io",
  "java.base/java.net",
  "java.base/java.nio",
  "java.base/java.util",
  "java.base/java.util.concurrent",
  "java.base/java.util.concurrent.atomic",
  "java.base/jdk.internal.ref",
  "java.base/sun.nio.ch",
  "java.base/sun.nio.cs",
  "java.base/sun.util.calendar",
  "java.security.jgss/sun.security.krb5",
].map((name) => `--add-opens=${name}=ALL-UNNAMED`);

const common = [
  "-XX:+IgnoreUnrecognizedVMOptions",
  // These two come before the flags that they unlock: ArchiveRelocationMode, and TrimNativeHeapInterval on
  // Java 17 and 21 before JDK-8325496.
  "-XX:+UnlockDiagnosticVMOptions",
  "-XX:+UnlockExperimentalVMOptions",
  ...opened,
  "-Djdk.reflect.useDirectMethodHandle=false",
];

const nettyFlags = [
  "-Dio.netty.tryReflectionSetAccessible=true",
  "-Dio.netty.allocator.type=pooled",
  "-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE",
];
