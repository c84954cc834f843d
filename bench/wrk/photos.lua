-- Another URL for every request: goes round the files named in PHOTOS, with a query number;
-- RANGE is sent where it is set.
local names = {}
for name in string.gmatch(os.getenv("PHOTOS"), "%S+") do names[#names + 1] = name end
local headers = {}
if os.getenv("RANGE") then headers["Range"] = os.getenv("RANGE") end
local threads = 0

function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

local sent = 0
function request()
  sent = sent + 1
  return wrk.format("GET", "/" .. names[sent % #names + 1] .. "?wrk" .. thread_number .. "-" .. sent, headers)
end
