import type { ReactNode } from "react";

/** All icons: 24 by 24, one stroke, the colour of the text beside them. They only repeat what words say. */
function icon(drawing: ReactNode) {
  return function Icon({ size = 18 }: { size?: number }) {
    return (
      <svg
        aria-hidden="true"
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.8}
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        {drawing}
      </svg>
    );
  };
}

const handset = (
  <path d="M6.2 3.5h2.6a1 1 0 0 1 1 .8l.7 3.2a1 1 0 0 1-.4 1L8.2 9.9a13.5 13.5 0 0 0 5.9 5.9l1.4-1.9a1 1 0 0 1 1-.4l3.2.7a1 1 0 0 1 .8 1v2.6a2 2 0 0 1-2.2 2A16.5 16.5 0 0 1 4.2 5.7a2 2 0 0 1 2-2.2Z" />
);

export const PhoneIcon = icon(handset);
export const HangUpIcon = icon(
  <path d="M4.4 15.9 3.2 14a2 2 0 0 1 .4-2.6 13.6 13.6 0 0 1 16.8 0 2 2 0 0 1 .4 2.6l-1.2 1.9a1 1 0 0 1-1.2.4l-3-1.2a1 1 0 0 1-.6-.9v-2.1a12 12 0 0 0-5.6 0v2.1a1 1 0 0 1-.6.9l-3 1.2a1 1 0 0 1-1.2-.4Z" />,
);
export const OutboundIcon = icon(<path d="M7 17 17 7M9 7h8v8" />);
export const InboundIcon = icon(<path d="M17 7 7 17M15 17H7V9" />);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const CrossIcon = icon(<path d="M6.5 6.5l11 11M17.5 6.5l-11 11" />);
export const AlertIcon = icon(
  <path d="M12 8.5v4.5M12 16.4v.1M10.3 4.2 3.2 16.6A2 2 0 0 0 5 19.6h14a2 2 0 0 0 1.8-3L13.7 4.2a2 2 0 0 0-3.4 0Z" />,
);
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </>,
);
export const VoicemailIcon = icon(
  <>
    <circle cx="7" cy="12" r="3.5" />
    <circle cx="17" cy="12" r="3.5" />
    <path d="M7 15.5h10" />
  </>,
);
export const BlockedIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="m6 6 12 12" />
  </>,
);
export const SandboxIcon = icon(
  <path d="M9.5 3.5h5M10.5 3.5v6l-5.2 8.6a1.6 1.6 0 0 0 1.4 2.4h10.6a1.6 1.6 0 0 0 1.4-2.4l-5.2-8.6v-6M8 14.5h8" />,
);
export const ToolIcon = icon(
  <path
    d="M14.5 6.5a4 4 0 0 1 5-1l-2.6 2.6 1 2 2 1 2.1-2a4 4 0 0 1-5.6 4.7L8 22l-3-3 8-8.5a4 4 0 0 1 1.5-4Z"
    transform="translate(-1 -1.5)"
  />,
);
export const PlayIcon = icon(
  <path d="M8 5.6v12.8a.8.8 0 0 0 1.2.7l10-6.4a.8.8 0 0 0 0-1.4l-10-6.4a.8.8 0 0 0-1.2.7Z" fill="currentColor" />,
);
export const PauseIcon = icon(<path d="M8.5 5.5v13M15.5 5.5v13" strokeWidth={3} />);
export const DownloadIcon = icon(<path d="M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14" />);
export const ChevronIcon = icon(<path d="m7 9.5 5 5 5-5" />);
export const BackIcon = icon(<path d="M19 12H5M11 6l-6 6 6 6" />);
export const DownIcon = icon(<path d="M12 5v14M6 13l6 6 6-6" />);
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4 4" />
  </>,
);
export const LogOutIcon = icon(
  <path d="M14 4.5H6.5a1.5 1.5 0 0 0-1.5 1.5v12a1.5 1.5 0 0 0 1.5 1.5H14M10.5 12H20M16.5 8.5 20 12l-3.5 3.5" />,
);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1" />
  </>,
);
export const MoonIcon = icon(<path d="M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2Z" />);
export const ScreenIcon = icon(
  <path d="M4.5 5h15A1.5 1.5 0 0 1 21 6.5V15a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15V6.5A1.5 1.5 0 0 1 4.5 5ZM9 20h6M12 16.5V20" />,
);
export const GapIcon = icon(<path d="M3 12h3M18 12h3M9 8l6 8M15 8l-6 8" />);
