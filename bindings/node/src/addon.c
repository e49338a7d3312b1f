/* The module: what `require` of the addon returns. */
#include "addon.h"

NAPI_MODULE_INIT() {
  if (export_codes(env, exports) != napi_ok || export_replica(env, exports) != napi_ok ||
      export_link(env, exports) != napi_ok || export_visits(env, exports) != napi_ok ||
      export_cursors(env, exports) != napi_ok || export_batches(env, exports) != napi_ok ||
      export_figures(env, exports) != napi_ok || export_history(env, exports) != napi_ok)
    napi_throw_error(env, NULL, "the scuttle addon cannot export its functions");
  return exports;
}
