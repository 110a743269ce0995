// The health check of every part in a container: asks the part itself whether it can work. Plain Node, no curl in the image.
const { PORT = '8080', HEALTH_HOST = '127.0.0.1' } = process.env;
const response = await fetch(`http://${HEALTH_HOST}:${PORT}/health/ready`, { signal: AbortSignal.timeout(2000) });
process.exit(response.ok ? 0 : 1);
