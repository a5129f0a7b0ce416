// Every condition type the editor can draw, one file each. The server says which of them
// it can evaluate; only those are offered.

import { cohort } from "./cohort.js";
import { firstTime, lastTime } from "./first_last.js";
import { funnel } from "./funnel.js";
import { lifecycle } from "./lifecycle.js";
import { list } from "./list.js";
import { measure } from "./measure.js";
import { other } from "./other.js";
import { performed } from "./performed.js";
import { property } from "./property.js";
import { ratio } from "./ratio.js";
import { retention } from "./retention.js";

const ROWS = [performed, measure, ratio, funnel, retention, property, cohort, firstTime, lastTime, lifecycle, list];

export const rowFor = (type) => ROWS.find((row) => row.type === type) ?? other;

export const offeredTypes = (accepted) => ROWS.map(({ type }) => type).filter((type) => accepted.includes(type));
