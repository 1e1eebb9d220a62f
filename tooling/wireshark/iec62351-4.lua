-- Wireshark dissector for the SecPDUs of native mode (end-to-end security, IEC 62351-4 clauses 12 and 13), in BER
-- over OSI. For Wireshark 3.6 and later; put it into the personal plugin folder, or: tshark -X lua_script:FILE
--
-- Wireshark hands over what stands in a presentation context of the abstract syntax e2eSecurityAS: the user
-- information of AARQ, AARE, ABRT, RLRQ and RLRE, and presentation data. The handshake has to be in the capture.
-- Certificates go to Wireshark's X.509, PDUs of MMS that are in the clear to its MMS dissector.
-- Lua has no cryptography here: nothing is verified or decrypted. `conform62351 decode --e2e-keys` does both.
--
-- The names are those of the standard; tags that its public parts do not give are inferred, as in e2e.asn. Only
-- octets that are there are looked at: lengths, depth and number of elements are bounded.

local MAX_DEPTH = 32
local MAX_ELEMENTS = 4000
local SYNTAX = "1.0.62351.4.1.1.1"

local OIDS = {
  ["1.0.62351.4.1.1.1"] = "e2eSecurityAS",
  ["1.0.62351.4.2.1"] = "e2eMmsAC",
  ["1.2.840.113549.1.1.1"] = "rsaEncryption",
  ["1.2.840.10045.2.1"] = "ecPublicKey",
  ["1.2.840.10045.3.1.7"] = "secp256r1",
  ["1.3.36.3.3.2.8.1.1.7"] = "brainpoolP256r1",
  ["2.16.840.1.101.3.4.2.1"] = "sha256",
  ["1.2.840.113549.1.1.11"] = "sha256WithRSAEncryption",
  ["1.2.840.10045.4.3.2"] = "ecdsa-with-SHA256",
  ["1.2.840.113549.2.9"] = "hmacWithSHA256",
  ["2.16.840.1.101.3.4.1.2"] = "aes128-CBC",
  ["2.16.840.1.101.3.4.1.42"] = "aes256-CBC",
  ["2.16.840.1.101.3.4.1.6"] = "aes128-GCM",
  ["2.16.840.1.101.3.4.1.46"] = "aes256-GCM",
}

local GROUPS = {
  [14] = "modp-2048",
  [19] = "secp256r1",
  [23] = "secp256r1 or modp-2048-224",
  [28] = "brainpoolP256r1",
}

local HANDSHAKE_DIAGNOSTICS = {
  [0] = "no-reason-given", "protocol-error", "protected-protocol-not-supported", "invalid-signatureAlgorithm",
  "unexpected-version", "hmac-algorithm-not-supported", "encryption-not-required", "encryption-required",
  "invalid-public-key-certificate", "invalid-certification-path", "invalid-time-value", "dhGroup-not-supported",
  "illegal-dhGroup-selected", "icv-algorithms-not-supported", "encrypt-algorithms-not-supported",
  "aea-algorithms-not-supported", "invalid-attribute-certificate", "encr-mode-aea-not-supported", "ae-is-required",
  "aea-select-but-encryp-not-supp", "invalid-ae-algorithm", "single-ae-algorithm-required", "ae-not-used",
  "invalid-encryption-algorithm", "single-encrypt-algo-required", "single-icv-algo-required",
}

local DT_DIAGNOSTICS = {
  [0] = "no-reason-given", "protocol-error", "unexpected-version", "encryption-not-selected", "encryption-required",
  "gmac-nonce-required", "invalid-sequence-number", "aes-init-vector-required", "unexpected-dhPublicKey",
  "unexpected-changedKeys", "invalid-time-value", "gmac-init-vector-required",
}

local OSI_DIAGNOSTICS = {}
for number = 1, 16 do
  OSI_DIAGNOSTICS[number] = "event 15." .. number
end

local CONF_PARAMS = { [0] = "tlsProtected", [1] = "applProtected", [2] = "vpn" }
local VERSIONS = { [0] = "v1" }

-- Fields

local e2e = Proto("iec62351e2e", "IEC 62351-4 end-to-end security")
local fields = {}

-- What members are called where their name is no filter, or not the only one of that name.
local LABELS = {
  aea = "encr-mode aea", nonAea = "encr-mode non-aea", signValue = "sign", oid = "algorithm",
  encryptedApplData = "applData (encrypted)", handshakeDiagnostics = "diag", dtDiagnostics = "diag",
}

local function field(name, kind, ...)
  fields[name] = ProtoField[kind]("iec62351e2e." .. name, LABELS[name] or name, ...)
end

for _, name in ipairs({
  "tbs", "tbp", "token1", "token2", "token3", "certPath", "dhKey", "DhKey", "rekey", "sign", "auth", "signature",
  "aea", "nonAea", "encr", "icvAlgID",
}) do
  field(name, "none")
end
for _, name in ipairs({
  "secpdu", "pp", "assoID", "time", "sigAlg", "hmac", "algo", "algorithm", "oid", "version", "confParams", "alarm",
}) do
  field(name, "string")
end
for _, name in ipairs({
  "pkCert", "certificate", "attCert", "parameters", "dhPublicKey", "iv", "nonce", "icv", "signValue", "applData",
  "encryptedApplData", "unknown",
}) do
  field(name, "bytes")
end
field("seq", "int32")
field("dhGroup", "int32", base.DEC, GROUPS)
field("reqRekey", "bool")
field("changedKey", "bool")
field("handshakeDiagnostics", "int32", base.DEC, HANDSHAKE_DIAGNOSTICS)
field("dtDiagnostics", "int32", base.DEC, DT_DIAGNOSTICS)
field("osiDiagnostics", "int32", base.DEC, OSI_DIAGNOSTICS)

local listed = {}
for _, one in pairs(fields) do
  listed[#listed + 1] = one
end
e2e.fields = listed

local malformed = ProtoExpert.new(
  "iec62351e2e.malformed", "SecPDU that does not decode", expert.group.MALFORMED, expert.severity.ERROR)
local odd = ProtoExpert.new(
  "iec62351e2e.odd", "unexpected component", expert.group.PROTOCOL, expert.severity.WARN)
e2e.experts = { malformed, odd }

e2e.prefs.syntax = Pref.string("Abstract syntax", SYNTAX, "Object identifier of e2eSecurityAS, whose arcs are inferred")

-- Which APDU a SecPDU is in tells two of one tag apart.
local CARRIERS = {}
for _, name in ipairs({ "aarq", "aare", "abrt", "rlrq", "rlre" }) do
  CARRIERS[name] = Field.new("acse." .. name .. "_element")
end
local mms = Dissector.get("mms")
local syntaxes = DissectorTable.get("ber.syntax")

-- Types, as in e2e.asn. A component is { name, tag, type }, where the tag is an identifier octet without the bit of
-- constructed encodings, false for an open type. Several components of one name are variants that are read.

local UTF8, INTEGER, BITS, OCTETS, OID, ENUMERATED, TIME, SEQUENCE, SET =
  0x0C, 0x02, 0x03, 0x04, 0x06, 0x0A, 0x18, 0x10, 0x11

local function sequence(...)
  return { components = { ... } }
end

local function list(name, tag, kind)
  return { element = { name, tag, kind } }
end

local ALGORITHM = { show = "algorithm", components = {
  { "oid", OID, { show = "oid" } }, { "parameters", false, { show = "element" } } } }
local text, octets = { show = "text" }, { show = "bytes" }
local certificate = { show = "certificate" }
local DH_KEY = sequence({ "dhGroup", INTEGER, { show = "integer" } }, { "dhPublicKey", OCTETS, octets })
local CERT_PATH = list("certificate", OCTETS, certificate)
local APPL_DATA = { "applData", false, { show = "appl_data" } }
local SIGN = { "sign", SEQUENCE, sequence({ "algo", SEQUENCE, ALGORITHM }, { "signValue", OCTETS, octets }) }
local VERSION = { "version", BITS, { show = "bits", names = VERSIONS } }

local TOKEN1 = sequence(
  { "sigAlg", SEQUENCE, ALGORITHM },
  { "pkCert", OCTETS, certificate },
  { "certPath", SEQUENCE, CERT_PATH },
  VERSION,
  { "assoID", UTF8, text },
  { "dhKey", SET, list("DhKey", SEQUENCE, DH_KEY) },
  { "dhKey", SEQUENCE, { element = { "DhKey", SEQUENCE, DH_KEY }, single = DH_KEY } },
  { "hmac", SEQUENCE, ALGORITHM },
  { "time", TIME, text },
  { "aea", SEQUENCE, list("algorithm", SEQUENCE, ALGORITHM) },
  { "nonAea", 0x80, sequence(
    { "encr", 0x80, list("algorithm", SEQUENCE, ALGORITHM) },
    { "icvAlgID", 0x81, list("algorithm", SEQUENCE, ALGORITHM) }) },
  { "confParams", BITS, { show = "bits", names = CONF_PARAMS } },
  { "attCert", OCTETS, octets })

local TOKEN2 = sequence(
  { "assoID", UTF8, text },
  { "time", TIME, text },
  { "seq", INTEGER, { show = "integer" } },
  { "iv", 0x80, octets },
  { "rekey", 0x81, DH_KEY },
  { "reqRekey", 0x82, { show = "boolean" } },
  { "changedKey", 0x83, { show = "boolean" } })

local TOKEN3 = sequence(
  { "sigAlg", SEQUENCE, ALGORITHM },
  VERSION,
  { "assoID", UTF8, text },
  { "assoID", 0x80, text },
  { "time", TIME, text },
  { "pkCert", OCTETS, certificate },
  { "certPath", SEQUENCE, CERT_PATH })

local AUTH = { "auth", SEQUENCE, sequence(
  { "nonce", OCTETS, octets }, { "algorithm", SEQUENCE, ALGORITHM }, { "icv", OCTETS, octets }) }

local function handshake()
  return sequence({ "pp", UTF8, text }, { "tbs", SEQUENCE, sequence({ "token1", SEQUENCE, TOKEN1 }, APPL_DATA) }, SIGN)
end

local function with_appl_data()
  return sequence({ "tbs", SEQUENCE, sequence({ "token3", SEQUENCE, TOKEN3 }, APPL_DATA) }, SIGN)
end

local function with_diagnostic(name)
  local diagnostic = { name, ENUMERATED, { show = "integer" } }
  local made = sequence({ "tbs", SEQUENCE, sequence({ "token3", SEQUENCE, TOKEN3 }, diagnostic) }, SIGN)
  made.diagnostic = true
  return made
end

local TYPES = {
  HandshakeReq = handshake(),
  HandshakeAcc = handshake(),
  ApplicationReject = with_appl_data(),
  HandshakeSecReject = with_diagnostic("handshakeDiagnostics"),
  HandshakeSecAbort = with_diagnostic("handshakeDiagnostics"),
  DtSecAbort = with_diagnostic("dtDiagnostics"),
  ApplAbort = with_appl_data(),
  ReleaseReq = with_appl_data(),
  ReleaseRsp = with_appl_data(),
  ClearTransfer = sequence(
    { "tbp", SEQUENCE, sequence({ "token2", SEQUENCE, TOKEN2 }, APPL_DATA) }, AUTH),
  EncrTransfer = sequence(
    { "tbp", SEQUENCE, sequence({ "token2", SEQUENCE, TOKEN2 }, { "encryptedApplData", OCTETS, octets }) }, AUTH),
}

-- Choices of the carriers that hold one of several SecPDUs, by the first octet.
local CHOICES = {
  aare = { [0xA0] = "HandshakeAcc", [0xA1] = "ApplicationReject", [0xA2] = "HandshakeSecReject" },
  abrt = { [0xA0] = "HandshakeSecAbort", [0xA1] = "DtSecAbort", [0xA2] = "ApplAbort", [0x83] = "osiDiagnostics" },
}
local SINGLE = { aarq = "HandshakeReq", rlrq = "ReleaseReq", rlre = "ReleaseRsp" }

-- Reading BER. An element is { key, constructed, start, content, stop, after, truncated }; nil and a message where
-- there is none. What runs past its end is cut there and marked.

local header

-- Return where the content that begins at `position` ends without a length, and what comes after its end; nil and
-- a message when there is too much of it.
local function end_of_contents(tvb, position, limit, state, depth)
  while position < limit do
    if position + 2 <= limit and tvb(position, 2):uint() == 0 then
      return position, position + 2
    end
    local inner, message = header(tvb, position, limit, state, depth + 1)
    if not inner then
      if state.exceeded then
        return nil, message
      end
      return limit, limit
    end
    position = inner.after
  end
  return limit, limit
end

header = function(tvb, position, limit, state, depth)
  state.count = state.count + 1
  if state.count > MAX_ELEMENTS or depth > MAX_DEPTH then
    state.exceeded = true
    return nil, "too many elements, or too deep"
  end
  if position + 2 > limit then
    return nil, "an element is cut off"
  end
  local start = position
  local first = tvb(position, 1):uint()
  local constructed = math.floor(first / 32) % 2 == 1
  position = position + 1
  if first % 32 == 31 then
    local octet
    repeat
      if position + 1 >= limit or position - start > 5 then
        return nil, "a tag that is cut off, or too long"
      end
      octet = tvb(position, 1):uint()
      position = position + 1
    until octet < 128
  end
  local length = tvb(position, 1):uint()
  position = position + 1
  local element = {
    key = constructed and first - 32 or first, constructed = constructed, start = start, content = position,
  }
  if length == 128 then
    if not constructed then
      return nil, "a primitive element without a length"
    end
    element.stop, element.after = end_of_contents(tvb, position, limit, state, depth)
    if not element.stop then
      return nil, element.after
    end
    element.truncated = element.stop == element.after
    return element
  elseif length > 128 then
    local count = length - 128
    if count > 4 or position + count > limit then
      return nil, "a length that is cut off, or too long"
    end
    length = tvb(position, count):uint()
    position = position + count
  end
  element.content = position
  element.truncated = position + length > limit
  element.stop = element.truncated and limit or position + length
  element.after = element.stop
  return element
end

local function children(tvb, element, state, depth)
  local found, position = {}, element.content
  while position < element.stop do
    local child, message = header(tvb, position, element.stop, state, depth + 1)
    if not child then
      return found, message, position
    end
    found[#found + 1] = child
    position = child.after
  end
  return found
end

local function whole(tvb, element)
  return tvb(element.start, element.after - element.start)
end

local function content(tvb, element)
  return tvb(element.content, element.stop - element.content)
end

local function signed_number(tvb, element)
  local size = element.stop - element.content
  if element.constructed or size < 1 or size > 4 then
    return nil
  end
  return content(tvb, element):int()
end

local function dotted(tvb, element)
  local size = element.stop - element.content
  if element.constructed or size < 1 or size > 64 then
    return nil
  end
  local arcs, value = {}, 0
  for position = element.content, element.stop - 1 do
    local octet = tvb(position, 1):uint()
    value = value * 128 + octet % 128
    if value > 2 ^ 48 then
      return nil
    end
    if octet < 128 then
      if #arcs == 0 then
        local root = math.min(math.floor(value / 40), 2)
        arcs = { root }
        value = value - 40 * root
      end
      arcs[#arcs + 1] = value
      value = 0
    elseif position == element.stop - 1 then
      return nil
    end
  end
  for index, arc in ipairs(arcs) do
    arcs[index] = string.format("%.0f", arc)
  end
  return table.concat(arcs, ".")
end

local function named(oid)
  return OIDS[oid] and oid .. " " .. OIDS[oid] or oid
end

-- Showing

local function complain(item, expert_info, message)
  item:add_proto_expert_info(expert_info, message)
end

-- Return what an AlgorithmIdentifier means, with the tag length of GCM.
local function algorithm_text(tvb, element, state, depth)
  local members = children(tvb, element, state, depth)
  local oid = members[1] and members[1].key == OID and dotted(tvb, members[1])
  if not oid then
    return "not readable"
  end
  local name = OIDS[oid] or oid
  if name:match("GCM$") then
    local parameters = members[2] and members[2].key == SEQUENCE and children(tvb, members[2], state, depth) or {}
    local last = parameters[#parameters]
    local length = last and last.key == INTEGER and signed_number(tvb, last) or 12
    name = name .. " with tags of " .. length .. " octets"
  end
  return name
end

local SHOW = {}

function SHOW.text(tree, name, tvb, element)
  local range = content(tvb, element)
  if element.constructed then
    return tree:add(fields[name], whole(tvb, element), "(in parts)")
  end
  local value = range:len() > 0 and range:string(ENC_UTF_8) or ""
  return tree:add(fields[name], whole(tvb, element), value)
end

function SHOW.bytes(tree, name, tvb, element)
  return tree:add(fields[name], content(tvb, element))
end

function SHOW.element(tree, name, tvb, element)
  return tree:add(fields[name], whole(tvb, element))
end

function SHOW.integer(tree, name, tvb, element)
  local value = signed_number(tvb, element)
  if value then
    return tree:add(fields[name], whole(tvb, element), value)
  end
  local item = tree:add(fields.unknown, whole(tvb, element))
  complain(item, odd, name .. " is no INTEGER of 1 to 4 octets")
  return item
end

function SHOW.boolean(tree, name, tvb, element)
  if element.stop - element.content ~= 1 then
    local item = tree:add(fields.unknown, whole(tvb, element))
    complain(item, odd, name .. " is no BOOLEAN")
    return item
  end
  return tree:add(fields[name], whole(tvb, element), content(tvb, element):uint() ~= 0)
end

function SHOW.bits(tree, name, tvb, element, kind)
  local told = {}
  local last = math.min(element.stop, element.content + 5)
  for position = element.content + 1, last - 1 do
    local octet = tvb(position, 1):uint()
    for bit = 0, 7 do
      if math.floor(octet / 2 ^ (7 - bit)) % 2 == 1 then
        local number = (position - element.content - 1) * 8 + bit
        told[#told + 1] = kind.names[number] or "bit " .. number
      end
    end
  end
  return tree:add(fields[name], whole(tvb, element), #told > 0 and table.concat(told, ", ") or "none")
end

function SHOW.oid(tree, name, tvb, element)
  local oid = dotted(tvb, element)
  return tree:add(fields[name], whole(tvb, element), oid and named(oid) or "not readable")
end

function SHOW.certificate(tree, name, tvb, element, _, state)
  local item = tree:add(fields[name], content(tvb, element))
  if not element.constructed and element.stop > element.content and syntaxes then
    -- What other dissectors do not read, they tell in the tree before they raise.
    pcall(function()
      syntaxes:try("Certificate", content(tvb, element):tvb(), state.pinfo, item)
    end)
  end
  return item
end

function SHOW.appl_data(tree, name, tvb, element, _, state)
  state.appl_data = whole(tvb, element)
  return tree:add(fields[name], state.appl_data)
end

local show_members

local function show(tree, component, tvb, element, state, depth)
  local name, kind = component[1], component[3]
  local item
  if kind.show == "algorithm" then
    item = tree:add(fields[name], whole(tvb, element), algorithm_text(tvb, element, state, depth))
  elseif kind.show then
    item = SHOW[kind.show](tree, name, tvb, element, kind, state)
  else
    item = tree:add(fields[name], whole(tvb, element))
  end
  if element.truncated then
    complain(item, malformed, name .. " is cut off")
  end
  if kind.components or kind.element then
    if not element.constructed then
      complain(item, malformed, name .. " is not constructed")
    else
      show_members(item, kind, tvb, element, state, depth + 1)
    end
  end
end

-- Return the component that an element is, later ones than the last first of all, and its place.
local function component_of(components, key, place)
  local last = place > 0 and components[place][1] or nil
  for _, wanted in ipairs({ key, false }) do
    for index = place + 1, #components do
      if components[index][2] == wanted and components[index][1] ~= last then
        return components[index], index
      end
    end
  end
  return nil, place
end

show_members = function(tree, kind, tvb, element, state, depth)
  local members, message, at = children(tvb, element, state, depth)
  if kind.single and members[1] and members[1].key ~= kind.element[2] then
    kind = kind.single
  end
  local place = 0
  for _, member in ipairs(members) do
    local component
    if kind.element then
      component = member.key == kind.element[2] and kind.element or nil
    else
      component, place = component_of(kind.components, member.key, place)
    end
    if component then
      state.seen[component[1]] = true
      show(tree, component, tvb, member, state, depth)
    else
      complain(tree:add(fields.unknown, whole(tvb, member)), odd, "a component that has no name here")
    end
  end
  if message then
    complain(tree:add(fields.unknown, tvb(at, element.stop - at)), malformed, message)
  end
end

-- Telling

-- Return the members of the first element of a SecPDU, as keys.
local function keys_within_first(tvb, root, state)
  local first = children(tvb, root, state, 1)[1]
  local keys = {}
  if first and first.constructed then
    for _, member in ipairs(children(tvb, first, state, 2)) do
      keys[#keys + 1] = member.key
    end
  end
  return first, keys
end

-- Return the name of a SecPDU by the APDU that it is in; without one, by its form.
local function name_of(tvb, root, carrier, state)
  local begin = tvb(0, 1):uint()
  if SINGLE[carrier] and begin == 0x30 then
    return SINGLE[carrier]
  elseif CHOICES[carrier] and CHOICES[carrier][begin] then
    return CHOICES[carrier][begin]
  end
  local first, keys = keys_within_first(tvb, root, state)
  if begin == 0x30 then
    if first and first.key == UTF8 then
      return "HandshakeReq"
    elseif keys[1] == SEQUENCE then
      local token = children(tvb, children(tvb, first, state, 2)[1], state, 3)
      if token[1] and token[1].key == SEQUENCE then
        return "ReleaseReq"
      end
      return keys[2] == OCTETS and "EncrTransfer" or "ClearTransfer"
    end
    return nil
  elseif begin == 0xA0 then
    return first and first.key == UTF8 and "HandshakeAcc" or "HandshakeSecAbort"
  elseif begin == 0xA1 then
    return keys[2] == ENUMERATED and "DtSecAbort" or "ApplicationReject"
  elseif begin == 0xA2 then
    return keys[2] and keys[2] ~= ENUMERATED and "ApplAbort" or "HandshakeSecReject"
  elseif begin == 0x83 then
    return "osiDiagnostics"
  end
  return nil
end

local function carrier_of_frame()
  for name, extractor in pairs(CARRIERS) do
    if extractor() then
      return name
    end
  end
  return "td"
end

function e2e.dissector(tvb, pinfo, tree)
  if tvb:len() == 0 then
    return 0
  end
  local state = { count = 0, pinfo = pinfo, seen = {} }
  local item = tree:add(e2e, tvb())
  pinfo.cols.protocol = "E2E"
  local root, message = header(tvb, 0, tvb:len(), state, 0)
  local name = root and name_of(tvb, root, carrier_of_frame(), state)
  if not name then
    item:append_text(", no SecPDU")
    pinfo.cols.info = "no SecPDU"
    complain(item:add(fields.unknown, tvb()), malformed, message or "no SecPDU begins so")
    return tvb:len()
  end
  item:append_text(", " .. name)
  pinfo.cols.info = name
  item:add(fields.secpdu, tvb(), name)
  if name == "osiDiagnostics" then
    SHOW.integer(item, "osiDiagnostics", tvb, root)
  else
    local kind = TYPES[name]
    if root.truncated then
      complain(item, malformed, name .. " is cut off")
    end
    show_members(item, kind, tvb, root, state, 1)
    if kind.diagnostic and not (state.seen.handshakeDiagnostics or state.seen.dtDiagnostics) then
      item:add(fields.alarm, "no diagnostic: an alarm"):set_generated()
    end
  end
  if root.after < tvb:len() then
    complain(item:add(fields.unknown, tvb(root.after)), odd, "octets behind the SecPDU")
  end
  if state.appl_data and mms then
    pcall(function()
      mms:call(state.appl_data:tvb(), pinfo, tree)
    end)
    pinfo.cols.protocol = "E2E"
    pinfo.cols.info:prepend(name .. ": ")
  end
  return tvb:len()
end

local registered

local function register()
  local by_oid = DissectorTable.get("ber.oid")
  local wanted = e2e.prefs.syntax
  if registered == wanted or not wanted:match("^[0-2]%.[%d%.]*%d$") then
    return
  end
  if registered then
    by_oid:remove(registered, e2e)
  end
  by_oid:add(wanted, e2e)
  registered = wanted
end

function e2e.prefs_changed()
  register()
end

register()
