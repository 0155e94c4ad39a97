import { invalidRequest } from "../protocol/exceptions.ts";
import type { AthenaHandler } from "../protocol/types.ts";

/** Operations of the model that are not served: Athena's SQL engine, its catalogues, capacity and system tables. Rendered into docs/operations.md. */
export const unsupportedOperations = [
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
] as const;

export type UnsupportedOperation = (typeof unsupportedOperations)[number];

export function unsupportedHandlers(): Record<UnsupportedOperation, AthenaHandler> {
  const handlers = unsupportedOperations.map((name) => [name, refuse(name)]);
  return Object.fromEntries(handlers) as Record<UnsupportedOperation, AthenaHandler>;
}

function refuse(name: UnsupportedOperation): AthenaHandler {
  return () =>
    Promise.reject(
      invalidRequest(
        `${name} is not supported by this server, which serves Athena for Apache Spark. See docs/operations.md.`,
      ),
    );
}
