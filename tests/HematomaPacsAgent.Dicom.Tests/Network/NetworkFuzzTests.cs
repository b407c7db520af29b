using System.Net.Sockets;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Mutated PDUs and command sets, in memory and over a socket.</summary>
public sealed class NetworkFuzzTests
{
    private static readonly byte[][] Pdus =
    [
        PduWriter.Write(RawPeer.Request), PduWriter.Write(new AReleaseRq()), PduWriter.Write(new AAbort(AbortSource.ServiceUser, AbortReason.NotSpecified)),
        PduWriter.Write(AAssociateRj.LocalLimitExceeded),
        PduWriter.Write(new AAssociateAc("A", "B", [new(1, ContextResult.Acceptance, "1.2.840.10008.1.2")], new UserItems())),
        RawPeer.Echo,
    ];

    private static readonly byte[][] Commands =
        [RawPeer.StoreCommand("1.2.3").Write(), new CommandSet(DimseCommand.CEchoRq) { MessageId = 7 }.Write()];

    private static readonly byte[][] Conversations =
    [
        [.. PduWriter.Write(RawPeer.Request), .. RawPeer.Echo, .. RawPeer.Command(3, RawPeer.StoreCommand("1.2.3")),
            .. RawPeer.PData(RawPeer.Pdv(3, false, true, new byte[1000])), .. PduWriter.Write(new AReleaseRq())],
    ];

    [Fact]
    public void Mutated_PDUs_are_read_or_refused() => Fuzz.Run(Pdus, Read, IsClear, 20_000);

    [Fact]
    public void Mutated_command_sets_are_read_or_refused() => Fuzz.Run(Commands, bytes => CommandSet.Read(bytes), IsClear, 20_000);

    [Fact]
    public Task Mutated_conversations_leave_the_listener_whole() => ConverseAsync(TimeSpan.FromSeconds(3));

    [Fact(Explicit = true)]
    public void Long_study_of_PDUs() => Fuzz.RunFor(Fuzz.LongStudy, Pdus, Read, IsClear);

    [Fact(Explicit = true)]
    public void Long_study_of_command_sets() => Fuzz.RunFor(Fuzz.LongStudy, Commands, bytes => CommandSet.Read(bytes), IsClear);

    [Fact(Explicit = true)]
    public Task Long_study_of_conversations() => ConverseAsync(Fuzz.LongStudy);

    private static bool IsClear(Exception e) => e is InvalidPduException;

    private static void Read(byte[] bytes)
    {
        if (bytes.Length < PduReader.HeadSize) return;
        (PduType type, _) = PduReader.ReadHead(bytes.AsSpan(0, PduReader.HeadSize), 16384);
        ReadOnlySpan<byte> body = bytes.AsSpan(PduReader.HeadSize);
        if (type != PduType.PDataTf) PduReader.ReadBody(type, body);
        else if (body.Length >= PdvHead.Size) PduReader.ReadPdvHead(body[..PdvHead.Size], body.Length);
    }

    private static async Task ConverseAsync(TimeSpan time)
    {
        AssociationOptions impatient = new()
        {
            AssociationTimeout = TimeSpan.FromSeconds(0.3), DimseTimeout = TimeSpan.FromSeconds(0.3), IdleTimeout = TimeSpan.FromSeconds(0.3),
        };
        LogLines log = new();
        await using RunningListener listener = new(association: impatient, logger: log);
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        int seed = Environment.TickCount;
        await Task.WhenAll(Enumerable.Range(seed, 4).Select(async start =>
        {
            Random random = new(start);
            while (System.Diagnostics.Stopwatch.GetElapsedTime(started) < time)
            {
                using RawPeer peer = await RawPeer.ConnectAsync(listener.Port);
                try
                {
                    await peer.SendAsync(Fuzz.Mutate(Conversations[0], random));
                    peer.EndSending();
                    await peer.ReadToEndAsync();
                }
                catch (SocketException)
                {
                    // Aborted already.
                }
            }
        }));
        await TlsTests.NothingLeftAsync(listener);
        Assert.True(log.Of(1006).Length == 0, $"seed {seed}: {log.Of(1006).FirstOrDefault()}");
        Assert.Equal(listener.Opened.Count, listener.Closed.Count);
        await EchoScu.EchoAsync(listener.Remote, "AFTER", null, TestContext.Current.CancellationToken);
    }
}
