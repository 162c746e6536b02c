// json-server 0.17.4 by its documented module interface, on a free port that is told on the first line of the output.
// Ends with whoever started it: its input is closed then.
const jsonServer = require('json-server')

const server = jsonServer.create()
server.use(jsonServer.defaults({ logger: false }))
server.use(jsonServer.router(process.argv[2]))
const listening = server.listen(0, '127.0.0.1', () => console.log(listening.address().port))
process.stdin.resume().on('end', () => process.exit())
