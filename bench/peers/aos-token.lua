-- A token for the peer's process: the checks, the arithmetic and the two notices of a transfer, as our
-- own token makes them, on aos's 256-bit integers. Written for this comparison. What stands between @
-- is filled in by peers/aos.mjs.
local bint = require('.bint')(256)

Balances = {}
for account in ([[@ACCOUNTS@]]):gmatch('%S+') do
  Balances[account] = '@OPENING@'
end

local function refuse(message, text)
  message.reply({ Action = 'Transfer-Error', Error = text })
end

local function forwarded(message, notice)
  for name, value in pairs(message.Tags) do
    if string.sub(name, 1, 2) == 'X-' then notice[name] = value end
  end
  return notice
end

Handlers.add('transfer', Handlers.utils.hasMatchingTag('Action', 'Transfer'), function(message)
  local recipient = message.Tags.Recipient
  local quantity = message.Tags.Quantity
  if type(recipient) ~= 'string' then return refuse(message, 'Recipient is required!') end
  if type(quantity) ~= 'string' then return refuse(message, 'Quantity is required!') end
  local amount = bint(quantity)
  if not bint.__lt(0, amount) then return refuse(message, 'Quantity must be greater than 0') end
  local balance = bint(Balances[message.From] or '0')
  if not bint.__le(amount, balance) then return refuse(message, 'Insufficient Balance!') end

  Balances[message.From] = tostring(balance - amount)
  Balances[recipient] = tostring(bint(Balances[recipient] or '0') + amount)
  if message.Tags.Cast then return end
  message.reply(forwarded(message, {
    Action = 'Debit-Notice',
    Recipient = recipient,
    Quantity = quantity,
    Data = 'You transferred ' .. quantity .. ' to ' .. recipient,
  }))
  Send(forwarded(message, {
    Target = recipient,
    Action = 'Credit-Notice',
    Sender = message.From,
    Quantity = quantity,
    Data = 'You received ' .. quantity .. ' from ' .. message.From,
  }))
end)
