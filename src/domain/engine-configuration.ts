import type { Classification, EngineConfiguration } from "@aws-sdk/client-athena";

type Properties = Readonly<Record<string, string>>;

export const defaultMaxConcurrentDpus = 20;

const defaultSizes = { CoordinatorDpuSize: 1, MaxConcurrentDpus: defaultMaxConcurrentDpus, DefaultExecutorDpuSize: 1 };

/** The classification whose properties are Spark's; others are kept, and mean nothing here. */
const sparkDefaults = "spark-defaults";

/**
 * A session's engine configuration: what its request says over what its workgroup says, property by property. A Spark property has two forms: one of
 * SparkProperties, or one of the classification `spark-defaults`. What the request sets wins, whichever form either has; where one of the two sets a property
 * in both forms, SparkProperties win. Every property keeps the form that it was given in, and one of the workgroup that lost is gone, so that the result, read
 * by itself, means what the two mean together.
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

/** The Spark properties of a configuration, from both of their forms. */
export function sparkProperties({ Classifications = [], SparkProperties }: EngineConfiguration): Properties {
  const classified = Classifications.filter(({ Name }) => Name === sparkDefaults).map(({ Properties }) => Properties);
  return Object.assign({}, ...classified, SparkProperties) as Properties;
}

/** What a workgroup's configuration is to a session that sets these Spark properties itself. A session's notebook is its own, too. */
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

/** Undefined where nothing is left. */
function without(properties: Properties | undefined, lost: Properties): Record<string, string> | undefined {
  const left = Object.entries(properties ?? {}).filter(([key]) => !Object.hasOwn(lost, key));
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}

/** In the order of their first mention; of one name the later properties win. */
function oneOfEachName(classifications: readonly Classification[]): Classification[] {
  const byName = new Map<string | undefined, Classification>();
  for (const one of classifications) {
    const Properties = one.Properties && { ...byName.get(one.Name)?.Properties, ...one.Properties };
    byName.set(one.Name, { ...byName.get(one.Name), ...one, ...(Properties && { Properties }) });
  }
  return [...byName.values()];
}
