using System.Diagnostics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>The processes that decode JPEG 2000: stopped, killed, signalled, starved, not there. A good frame must outlive all of it.</summary>
public sealed class Jpeg2000ProcessTests : IDisposable
{
    private const string Ready = @"printf '\3\0\0\0\0\0\0\0'";

    /// <summary>32 x 32 samples of 16 bits: 40 more a row, 3 more a column.</summary>
    private static readonly byte[] Coded = Convert.FromBase64String("""
        /0//UQApAAAAAAAgAAAAIAAAAAAAAAAAAAAAIAAAACAAAAAAAAAAAAABDwEB/1IADAAAAAEAAgQEAAH/XAAKQICIiJCIiJD/kAAKAAAAAACb
        AAH/k9/4kvgSK2cWj4+hghgWXO/VurgK4angzHz9LUVq1NcMqMWUnPFC6j7fcOJeWAtEgpNyFpy1xOdsoFi5W+JRIj7cR4b1YwLd8KeHidbi
        l4yn5Q6bDX0dY7sAwaWLP8zrYo8DP8AAfCJAB9oSNqGFPz2mNDQypAXiFMAAOiQAPqCQX6fHMZ2sKUA+HrhIS//Z
        """);

    private readonly TemporaryFolder folder = new();
    private readonly PixelFormat format = new(32, 32, 1, 16, 16, false);

    public Jpeg2000ProcessTests()
    {
        if (!Jpeg2000Decoder.IsInstalled) Assert.Skip("libopenjp2 not installed: apt-get install libopenjp2-7");
        if (!OperatingSystem.IsLinux()) Assert.Skip("signals are sent by kill");
    }

    [Fact]
    public async Task A_process_that_hangs_is_killed_and_replaced()
    {
        using Jpeg2000Decoder decoder = Decoder(TimeSpan.FromSeconds(1));
        Decode(decoder);
        for (int i = 0; i < 4; i++)
        {
            await SignalAsync("-STOP");
            long started = Stopwatch.GetTimestamp();
            Assert.Contains("longer than 1 s", Assert.Throws<DicomFormatException>(() => Decode(decoder)).Message, StringComparison.Ordinal);
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.9, 8);
            Decode(decoder);
        }

        await SignalAsync("-STOP");
        using CancellationTokenSource stop = new(300);
        Assert.ThrowsAny<OperationCanceledException>(() => decoder.Decode(Coded, format, new byte[format.FrameBytes], stop.Token));
        Decode(decoder);
    }

    [Fact]
    public async Task A_process_that_others_kill_costs_no_frame()
    {
        using Jpeg2000Decoder decoder = Decoder(TimeSpan.FromSeconds(20));
        Decode(decoder);
        await SignalAsync("-STOP");
        Task frame = Task.Run(() => Decode(decoder), TestContext.Current.CancellationToken);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        await SignalAsync("-KILL");
        await frame;
        await SignalAsync("-KILL");
        Decode(decoder);
    }

    /// <summary>Ctrl+C and a service manager's stop reach every process of the group; the agent still finishes what it began.</summary>
    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    [InlineData("-HUP")]
    public async Task A_signal_to_the_whole_group_ends_no_frame(string signal)
    {
        using Jpeg2000Decoder decoder = Decoder(TimeSpan.FromSeconds(20));
        Decode(decoder);
        string first = Pids[^1];
        await SignalAsync(signal);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Decode(decoder);
        Assert.Equal([first], Pids);
    }

    [Fact]
    public void A_stream_that_ends_every_process_is_refused()
    {
        using Jpeg2000Decoder mortal = Shell(Ready + "; exec head -c 100");
        Assert.Contains("ended two processes", Assert.Throws<DicomFormatException>(() => Decode(mortal)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 1", "does not start")]
    [InlineData("echo hello to nobody", "does not start")]
    [InlineData("exec sleep 60", "is not ready after 1 s")]
    public void A_process_that_does_not_start_is_not_blamed_on_the_stream(string script, string why)
    {
        using Jpeg2000Decoder lame = Shell(script);
        Assert.Contains(why, Assert.Throws<InvalidOperationException>(() => Decode(lame)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => lame.Probe(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_program_that_is_not_there_is_named()
    {
        using Jpeg2000Decoder lost = new(() => new ProcessStartInfo(folder["no-such-program"]));
        Assert.Contains("no-such-program", Assert.Throws<InvalidOperationException>(() => Decode(lost)).Message, StringComparison.Ordinal);
    }

    /// <summary>A header of 128 million samples before a small frame's data: what libopenjp2 would take for it is above the limit.</summary>
    [Fact]
    public void A_stream_that_asks_for_too_much_memory_is_refused()
    {
        using Jpeg2000Decoder decoder = Decoder(TimeSpan.FromSeconds(20));
        Decode(decoder);
        byte[] hog = [.. Coded];
        // SIZ: columns and rows of the image and of its only tile.
        foreach (int at in (int[])[8, 24]) (hog[at], hog[at + 1], hog[at + 2], hog[at + 3]) = (0, 0, 0x20, 0);
        foreach (int at in (int[])[12, 28]) (hog[at], hog[at + 1], hog[at + 2], hog[at + 3]) = (0, 0, 0x40, 0);
        PixelFormat huge = new(16384, 8192, 1, 16, 16, false);
        Assert.Throws<DicomFormatException>(() => decoder.Decode(hog, huge, new byte[huge.FrameBytes], TestContext.Current.CancellationToken));
        Decode(decoder);
    }

    [Fact]
    public async Task When_we_die_it_ends()
    {
        using Process child = Process.Start(new ProcessStartInfo("dotnet", [AgentProcess.Program, "decode-jpeg2000"])
            { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await child.StandardOutput.BaseStream.ReadExactlyAsync(new byte[8], TestContext.Current.CancellationToken);
        child.StandardInput.Close();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        await child.WaitForExitAsync(limit.Token);
        Assert.Equal(0, child.ExitCode);
    }

    public void Dispose() => folder.Dispose();

    private string[] Pids => File.ReadAllLines(folder["pids"]);

    private void Decode(Jpeg2000Decoder decoder)
    {
        byte[] target = new byte[format.FrameBytes];
        decoder.Decode(Coded, format, target, TestContext.Current.CancellationToken);
        for (int i = 0; i < 32 * 32; i++) Assert.Equal(40 * (i / 32) + 3 * (i % 32), BitConverter.ToUInt16(target, 2 * i));
    }

    /// <summary>The real process, which leaves its number behind.</summary>
    private Jpeg2000Decoder Decoder(TimeSpan limit) =>
        new(() => new ProcessStartInfo("sh", ["-c", $"echo $$ >> '{folder["pids"]}'; exec dotnet '{AgentProcess.Program}' decode-jpeg2000"])) { TimeLimit = limit };

    private static Jpeg2000Decoder Shell(string script) =>
        new(() => new ProcessStartInfo("sh", ["-c", script])) { StartLimit = TimeSpan.FromSeconds(1) };

    private async Task SignalAsync(string signal)
    {
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("kill", "procps"), [signal, Pids[^1]], TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
    }
}
