// The behaviours every page may use, each found by its data attribute.
// Chips before dialogs: a dialog puts the focus into what chips have made of its fields.
import "./chips.js";
import "./dialog.js";
import "./popover.js";
import "./toast.js";
import "./theme.js";
import "./sidebar.js";
import "./forms.js";
import "./copy.js";
import "./finder.js";
import "./shortcuts.js";
import "./rows.js";
