-- One-image submissions, each with a URL of its own. Prints how many were answered with 201.
local names = {}
for name in string.gmatch(os.getenv("PHOTOS"), "%S+") do names[#names + 1] = name end
local host, store, tag = os.getenv("PHOTO_HOST"), os.getenv("STORE"), os.getenv("TAG")
local threads = {}

function setup(thread)
  thread:set("thread_number", #threads)
  threads[#threads + 1] = thread
end

local sent = 0
accepted, refused = 0, 0

function request()
  sent = sent + 1
  local url = host .. "/" .. names[sent % #names + 1] .. "?" .. tag .. thread_number .. "-" .. sent
  local body = '{"count":1,"visits":[{"store_id":"' .. store .. '","image_url":["' .. url .. '"],"visit_time":"2026-03-09"}]}'
  return wrk.format("POST", "/api/submit", {["Content-Type"] = "application/json"}, body)
end

function response(status)
  if status == 201 then accepted = accepted + 1 else refused = refused + 1 end
end

function done(summary)
  local a, r = 0, 0
  for _, thread in ipairs(threads) do
    a = a + thread:get("accepted")
    r = r + thread:get("refused")
  end
  io.write(string.format("submissions accepted %d refused %d in %d us\n", a, r, summary.duration))
end
