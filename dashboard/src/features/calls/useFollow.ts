import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

/** This near to the end still counts as being there. */
const NEAR_PX = 40;

interface Follow {
  box: RefObject<HTMLElement | null>;
  /** The reader scrolled away from the end. */
  away: boolean;
  toEnd: () => void;
}

/** Keeps the end of a growing talk in sight, until the reader scrolls up to read. */
export function useFollow(live: boolean): Follow {
  const box = useRef<HTMLElement>(null);
  const [away, setAway] = useState(false);

  // After every rendering, because any of them may have added words.
  useLayoutEffect(() => {
    if (live && !away && box.current) box.current.scrollTop = box.current.scrollHeight;
  });

  useEffect(() => {
    const element = box.current;
    if (element === null || !live) return;
    const look = () => setAway(element.scrollHeight - element.clientHeight - element.scrollTop > NEAR_PX);
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  });

  return { box, away, toEnd: () => setAway(false) };
}

/** Scrolls the page, where needed, to the line that sounds while the recording plays. */
export function useInSight(item: string | undefined): RefObject<HTMLOListElement | null> {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (item === undefined) return;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    list.current
      ?.querySelector(`[data-item="${CSS.escape(item)}"]`)
      ?.scrollIntoView({ block: "nearest", behavior: calm ? "instant" : "smooth" });
  }, [item]);
  return list;
}
