import { invalidRequest } from "../protocol/exceptions.ts";
import type { AthenaHandler } from "../protocol/types.ts";

/** Operations of the model that are not served, and why. Rendered into docs/operations.md. */
export const unsupportedOperations = {
  sql: [
    "BatchGetNamedQuery",
    "BatchGetPreparedStatement",
    "BatchGetQueryExecution",
    "CancelCapacityReservation",
    "CreateCapacityReservation",
    "CreateDataCatalog",
    "CreateNamedQuery",
    "CreatePreparedStatement",
    "CreateSystemTableConfiguration",
    "DeleteCapacityReservation",
    "DeleteDataCatalog",
    "DeleteNamedQuery",
    "DeletePreparedStatement",
    "DeleteSystemTableConfiguration",
    "GetCapacityAssignmentConfiguration",
    "GetCapacityReservation",
    "GetDataCatalog",
    "GetDatabase",
    "GetNamedQuery",
    "GetPreparedStatement",
    "GetQueryExecution",
    "GetQueryResults",
    "GetQueryRuntimeStatistics",
    "GetSystemTableConfiguration",
    "GetTableMetadata",
    "ListCapacityReservations",
    "ListDataCatalogs",
    "ListDatabases",
    "ListNamedQueries",
    "ListPreparedStatements",
    "ListQueryExecutions",
    "ListSystemTableStatuses",
    "ListTableMetadata",
    "PutCapacityAssignmentConfiguration",
    "StartQueryExecution",
    "StopQueryExecution",
    "UpdateCapacityReservation",
    "UpdateDataCatalog",
    "UpdateNamedQuery",
    "UpdatePreparedStatement",
    "UpdateSystemTableConfiguration",
  ],
  notYet: [],
} as const;

export type UnsupportedOperation = (typeof unsupportedOperations)["sql" | "notYet"][number];

export function unsupportedHandlers(): Record<UnsupportedOperation, AthenaHandler> {
  const names = [...unsupportedOperations.sql, ...unsupportedOperations.notYet];
  return Object.fromEntries(names.map((name) => [name, refuse(name)])) as Record<UnsupportedOperation, AthenaHandler>;
}

function refuse(name: UnsupportedOperation): AthenaHandler {
  return () =>
    Promise.reject(
      invalidRequest(
        `${name} is not supported by this server, which serves Athena for Apache Spark. See docs/operations.md.`,
      ),
    );
}
