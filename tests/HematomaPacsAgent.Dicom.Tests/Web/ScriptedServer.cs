using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HematomaPacsAgent.Dicom.Tests.Web;

/// <summary>A server that misbehaves on purpose: reads the head of each request, answers what the script says, and hangs up without
/// reading further.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    /// <param name="answer">Makes the answer from a request's head.</param>
    public ScriptedServer(Func<string, string> answer)
    {
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(), answer);
        });
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/dicom-web");

    /// <summary>Heads of the requests that came.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>An answer in full.</summary>
    public static string Answer(string status, string headers = "", string body = "") =>
        $"HTTP/1.1 {status}\r\n{headers}Content-Length: {System.Text.Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}";

    public void Dispose() => listener.Dispose();

    private async Task ServeAsync(TcpClient client, Func<string, string> answer)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            StringBuilder head = new();
            byte[] one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
                head.Append((char)one[0]);
            lock (Requests) Requests.Add(head.ToString());
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer(head.ToString())));
        }
    }
}
