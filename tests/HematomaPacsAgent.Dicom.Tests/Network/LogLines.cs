using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Keeps what is logged.</summary>
internal sealed class LogLines : ILogger
{
    public ConcurrentQueue<(int Id, string Text)> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => Lines.Enqueue((eventId.Id, formatter(state, exception)));

    public string[] Of(int id) => [.. Lines.Where(line => line.Id == id).Select(line => line.Text)];
}
