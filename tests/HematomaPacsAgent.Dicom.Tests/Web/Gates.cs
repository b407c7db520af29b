using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace HematomaPacsAgent.Dicom.Tests.Web;

/// <summary>Ends TLS and passes on what is inside.</summary>
internal sealed class TlsGate : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public TlsGate(int port, X509Certificate2 certificate, string? callersThumbprint = null)
    {
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(), port, certificate, callersThumbprint);
        });
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose() => listener.Dispose();

    private static async Task ServeAsync(TcpClient client, int port, X509Certificate2 certificate, string? callersThumbprint)
    {
        using (client)
        {
            await using SslStream near = new(client.GetStream());
            await near.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate, ClientCertificateRequired = callersThumbprint is not null,
                RemoteCertificateValidationCallback = (_, caller, _, _) => callersThumbprint is null || caller?.GetCertHashString() ==
                    callersThumbprint,
            });
            using TcpClient server = new();
            await server.ConnectAsync(IPAddress.Loopback, port);
            await Task.WhenAny(near.CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(near));
        }
    }
}

/// <summary>Stands before a server: reads each request whole and refuses the first ones with 503, then passes connections on.</summary>
internal sealed class FlakyGate : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public FlakyGate(int port, int refusals)
    {
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                NetworkStream near = client.GetStream();
                if (Refused < refusals)
                {
                    byte[] piece = new byte[64 * 1024];
                    do { await Task.Delay(50); } while (client.Available > 0 && await near.ReadAsync(piece) > 0);
                    Refused++;
                    await near.WriteAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
                    continue;
                }

                using TcpClient server = new();
                await server.ConnectAsync(IPAddress.Loopback, port);
                NetworkStream far = server.GetStream();
                await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
            }
        });
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int Refused { get; private set; }

    public void Dispose() => listener.Dispose();
}
