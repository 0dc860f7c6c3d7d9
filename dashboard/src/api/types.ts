import type { components } from "./schema";

/** The server's shapes under their own names; the truth about them is `openapi.json`. */
type Schemas = components["schemas"];

export type Agent = Schemas["Agent"];
export type CallDetail = Schemas["CallDetail"];
export type CallEvent = Schemas["CallEvent"];
export type CallPage = Schemas["CallPage"];
export type CallSummary = Schemas["CallSummary"];
export type CallStatus = CallSummary["status"];
export type FieldFault = Schemas["FieldFault"];
export type Gap = Schemas["Gap"];
export type Login = Schemas["Login"];
export type NewCall = Schemas["NewCall"];
export type Outcome = Schemas["Outcome"];
export type Person = Schemas["Person"];
export type ProviderState = Schemas["ProviderState"];
export type Recording = Schemas["Recording"];
export type Role = TranscriptItem["role"];
export type Status = Schemas["Status"];
export type ToolCall = Schemas["ToolCall"];
export type TranscriptItem = Schemas["TranscriptItem"];
