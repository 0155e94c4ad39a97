import { randomBytes } from "node:crypto";
import { v4, v5 } from "uuid";

/** Session and calculation ids are UUIDs: the model allows other strings, but a published client parses them as such. */
export const newSessionId = (): string => v4();
export const newCalculationId = (): string => v4();
/** The model demands a UUID in lower case. */
export const newNotebookId = (): string => v4();

/** A UUID that is the same whenever it is asked for. The session's id is one and serves as the name space. */
export const executorId = (sessionId: string, sparkId: string): string => v5(sparkId, sessionId);

/** Short, because it is part of a Unix socket's path, which Linux limits to 107 bytes. */
export const newDriverId = (): string => randomBytes(6).toString("hex");

export const isDriverId = (text: string): boolean => /^[0-9a-f]{12}$/.test(text);

/** A secret that appears in files and environments of one driver. */
export const newSecret = (): string => randomBytes(24).toString("base64url");
