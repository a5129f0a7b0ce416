// The behaviours every page may use, each found by its data attribute.
import "./dialog.js";
import "./popover.js";
import "./chips.js";
import "./toast.js";
import "./theme.js";
import "./sidebar.js";
import "./forms.js";
