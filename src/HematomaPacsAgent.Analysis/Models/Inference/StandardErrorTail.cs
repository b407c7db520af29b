using System.Diagnostics;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>The last lines that a process wrote to standard error, for the message that tells of its end.</summary>
internal sealed class StandardErrorTail
{
    private const int Lines = 12, LongestLine = 300;

    private readonly Lock gate = new();
    private readonly Queue<string> lines = new();

    /// <summary>Begins anew with this process.</summary>
    public void Follow(Process process)
    {
        lock (gate) lines.Clear();
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
    }

    /// <summary><c>: line | line</c>; empty when it wrote nothing.</summary>
    public string Tail
    {
        get
        {
            lock (gate) return lines.Count == 0 ? "" : ": " + string.Join(" | ", lines);
        }
    }

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (gate)
        {
            lines.Enqueue(line.Length <= LongestLine ? line.Trim() : line[..LongestLine].Trim() + " …");
            if (lines.Count > Lines) lines.Dequeue();
        }
    }
}
