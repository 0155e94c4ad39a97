import { randomBytes } from "node:crypto";
import { v4, v5 } from "uuid";

/**
 * Session and calculation ids are UUIDs. The API's model allows other strings, but a published client parses
 * the ids as UUIDs.
 */
export const newSessionId = (): string => v4();
export const newCalculationId = (): string => v4();
/** The API's model demands a UUID in lower case. */
export const newNotebookId = (): string => v4();

/**
 * A UUID that is always the same for the same executor. It is a version 5 UUID with the session's id, which
 * is a UUID too, as its namespace.
 */
export const executorId = (sessionId: string, sparkId: string): string => v5(sparkId, sessionId);

/** Short, because the id is part of the path of a Unix socket, which Linux limits to 107 bytes. */
export const newDriverId = (): string => randomBytes(6).toString("hex");

export const isDriverId = (text: string): boolean => /^[0-9a-f]{12}$/.test(text);

/** A secret that appears in the files and environment variables of one driver. */
export const newSecret = (): string => randomBytes(24).toString("base64url");
