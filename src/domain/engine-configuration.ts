import type { Classification, EngineConfiguration } from "@aws-sdk/client-athena";

type Properties = Readonly<Record<string, string>>;

export const defaultMaxConcurrentDpus = 20;

const defaultSizes = { CoordinatorDpuSize: 1, MaxConcurrentDpus: defaultMaxConcurrentDpus, DefaultExecutorDpuSize: 1 };

/**
 * The classification whose properties are Spark properties. Other classifications are stored, but have no
 * effect here.
 */
const sparkDefaults = "spark-defaults";

/**
 * A session's engine configuration: its workgroup's configuration, overridden property by property by its
 * request's.
 *
 * A Spark property can be given in two forms: in SparkProperties, or in the classification `spark-defaults`.
 * A property of the request overrides the workgroup's property, whichever forms they have. If one
 * configuration sets a property in both forms, SparkProperties win.
 *
 * The result keeps each property in the form in which it was given, and leaves out those properties of the
 * workgroup that the request overrides. So the result by itself means the same as the two configurations
 * together.
 */
export function mergedEngineConfiguration(
  workGroup: EngineConfiguration = {},
  request: EngineConfiguration = {},
): EngineConfiguration {
  const inherited = withoutProperties(workGroup, sparkProperties(request));
  const { AdditionalConfigs, SparkProperties, Classifications, ...sizes } = { ...inherited, ...request };
  return {
    ...defaultSizes,
    ...sizes,
    ...(AdditionalConfigs && { AdditionalConfigs: { ...inherited.AdditionalConfigs, ...AdditionalConfigs } }),
    ...(SparkProperties && { SparkProperties: { ...inherited.SparkProperties, ...SparkProperties } }),
    ...(Classifications && {
      Classifications: oneOfEachName([...(inherited.Classifications ?? []), ...Classifications]),
    }),
  };
}

/** The Spark properties of a configuration, in whichever form they are given. */
export function sparkProperties({ Classifications = [], SparkProperties }: EngineConfiguration): Properties {
  const classified = Classifications.filter(({ Name }) => Name === sparkDefaults).map(({ Properties }) => Properties);
  return Object.assign({}, ...classified, SparkProperties) as Properties;
}

/**
 * A workgroup's configuration without the Spark properties in `set`, which the session sets itself. It also
 * lacks the NotebookId, which a session never inherits.
 */
function withoutProperties(configuration: EngineConfiguration, set: Properties): EngineConfiguration {
  const { AdditionalConfigs, SparkProperties, Classifications, ...sizes } = configuration;
  const configs = without(AdditionalConfigs, { NotebookId: "" });
  const properties = without(SparkProperties, set);
  const classifications = Classifications?.flatMap((one) => {
    if (one.Name !== sparkDefaults || !one.Properties) return [one];
    const left = without(one.Properties, set);
    return left ? [{ ...one, Properties: left }] : [];
  });
  return {
    ...sizes,
    ...(configs && { AdditionalConfigs: configs }),
    ...(properties && { SparkProperties: properties }),
    ...(classifications?.length && { Classifications: classifications }),
  };
}

/** The properties without the keys of `lost`; undefined if no property remains. */
function without(properties: Properties | undefined, lost: Properties): Record<string, string> | undefined {
  const left = Object.entries(properties ?? {}).filter(([key]) => !Object.hasOwn(lost, key));
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}

/**
 * Merges classifications of the same name: later properties win. The names are in the order of their first
 * appearance.
 */
function oneOfEachName(classifications: readonly Classification[]): Classification[] {
  const byName = new Map<string | undefined, Classification>();
  for (const one of classifications) {
    const Properties = one.Properties && { ...byName.get(one.Name)?.Properties, ...one.Properties };
    byName.set(one.Name, { ...byName.get(one.Name), ...one, ...(Properties && { Properties }) });
  }
  return [...byName.values()];
}
