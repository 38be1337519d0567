"use strict";
{
    const unready = "select.searched-when-touched";

    // Django's own autocomplete, but made when a field is first touched: five hundred at once take seconds.
    function makeSearchable(select, open) {
        select.classList.remove("searched-when-touched");
        const searchable = django.jQuery(select); // looked up here: this file may be loaded before it is there
        searchable.djangoAdminSelect2();
        searchable.select2(open ? "open" : "focus");
    }

    document.addEventListener("mousedown", (event) => {
        const select = event.target.closest(unready);
        if (select) {
            event.preventDefault();
            makeSearchable(select, true);
        }
    });
    document.addEventListener("focusin", (event) => {
        if (event.target.matches(unready)) {
            makeSearchable(event.target, false);
        }
    });
}
