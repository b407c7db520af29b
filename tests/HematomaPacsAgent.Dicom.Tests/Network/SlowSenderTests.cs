using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>The receiver lets the kernel wake it late within a PDU: never so late that it waits for what does not come.</summary>
public sealed class SlowSenderTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(5_000, 700)]
    [InlineData(32 * 1024 - 7, 9_000)]
    [InlineData(32 * 1024, 32 * 1024 - 1)]
    [InlineData(100_000, 33_000)]
    [InlineData(128 * 1024 - 6, 50_000)]
    public async Task A_data_set_that_comes_in_pieces_is_kept_and_answered(int length, int piece)
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        byte[] dataset = [.. Enumerable.Range(0, length).Select(n => (byte)(n * 31))];
        for (ushort message = 1; message <= 2; message++)
        {
            string instance = $"1.2.3.{message}";
            byte[] bytes = [.. RawPeer.Command(RawPeer.CtContext, RawPeer.StoreCommand(instance, message)),
                .. RawPeer.PData(RawPeer.Pdv(RawPeer.CtContext, isCommand: false, isLast: true, dataset))];
            foreach (byte[] part in bytes.Chunk(piece))
            {
                await peer.SendAsync(part);
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            Assert.Equal(DicomStatus.Success, await peer.ReadStatusAsync()
                .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
            byte[] kept = await File.ReadAllBytesAsync(listener.FileOf(instance), TestContext.Current.CancellationToken);
            Assert.Equal(dataset, kept[^length..]);
        }
    }
}
