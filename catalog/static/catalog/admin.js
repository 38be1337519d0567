"use strict";
{
    const $ = django.jQuery;
    const unready = "select.searched-when-touched";

    // Django's own autocomplete, but made when a field is first touched: five hundred at once take seconds.
    function makeSearchable(select, open) {
        select.classList.remove("searched-when-touched");
        $(select).djangoAdminSelect2();
        if (open) {
            $(select).select2("open");
        }
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
            $(event.target).select2("focus");
        }
    });
}
