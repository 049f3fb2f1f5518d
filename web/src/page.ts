/** What the page lets its reader do. */

import { createContext } from "preact";

/** Whether the reader may judge answers. */
export const MayJudge = createContext(false);
