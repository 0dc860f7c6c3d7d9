import type { ReactNode } from "react";

import type { CallStatus, CallSummary, Outcome, Person, Role } from "@/api/types";
import {
  AlertIcon,
  BlockedIcon,
  CheckIcon,
  ClockIcon,
  CrossIcon,
  HangUpIcon,
  VoicemailIcon,
} from "@/components/ui/icons";
import type { Tone } from "@/components/ui/Tag";

/** The words, icons and tones by which a call's terms are shown; one place for each term. */

interface Look {
  words: string;
  tone: Tone;
  icon: ReactNode;
}

export const OUTCOMES: Record<Outcome["kind"], Look> = {
  completed: { words: "Completed", tone: "good", icon: <CheckIcon /> },
  busy: { words: "Busy", tone: "wait", icon: <HangUpIcon /> },
  no_answer: { words: "No answer", tone: "wait", icon: <ClockIcon /> },
  voicemail: { words: "Voicemail", tone: "wait", icon: <VoicemailIcon /> },
  canceled: { words: "Canceled", tone: "quiet", icon: <CrossIcon /> },
  failed: { words: "Failed", tone: "bad", icon: <AlertIcon /> },
  refused: { words: "Refused", tone: "bad", icon: <BlockedIcon /> },
};

/** Whose doing the end was. */
export const BLAMES: Record<Outcome["blame"], string> = {
  caller: "the caller",
  callee: "the person called",
  carrier: "the phone network",
  engine: "the voice engine",
  us: "AIVoiceCaller",
  unknown: "not known",
};

export const STATUSES: Record<CallStatus, { words: string; tone: Tone }> = {
  queued: { words: "Queued", tone: "quiet" },
  dialing: { words: "Dialing", tone: "wait" },
  ringing: { words: "Ringing", tone: "wait" },
  answered: { words: "Answered", tone: "good" },
  ended: { words: "Ended", tone: "quiet" },
};

export const DIRECTIONS: Record<CallSummary["direction"], string> = {
  outbound: "Outgoing",
  inbound: "Incoming",
};

/** The number at the far end, whoever rang whom. */
export function farNumber(call: CallSummary): string {
  return call.direction === "outbound" ? call.to : call.from;
}

/** What each voice of a call is called on the page. */
export type Speakers = Record<Role, string>;

/** In the sandbox the far end has a name; elsewhere it is the caller, or the person who was called. */
export function speakersOf(call: CallSummary, people: readonly Person[]): Speakers {
  const person = people.find(({ number }) => number === farNumber(call))?.name;
  return { agent: "Agent", caller: person ?? (call.direction === "inbound" ? "Caller" : "Person called") };
}
