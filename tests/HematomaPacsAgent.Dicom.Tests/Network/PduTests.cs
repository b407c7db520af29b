using CsCheck;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

public sealed class PduTests
{
    private static readonly UserItems Everything = new()
    {
        MaxPduLength = 16384,
        ImplementationClassUid = "1.2.3",
        ImplementationVersionName = "V1",
        AsynchronousWindow = (3, 1),
        Roles = [new("1.2.840.10008.1.20.1", true, true)],
        Extended = [new("1.2.840.10008.5.1.4.1.2.2.1", new byte[] { 1, 0, 1 })],
        CommonExtended = [new("1.2.3.4", "1.2.840.10008.4.2", ["1.2.5", "1.2.6.7"])],
        Identity = new(2, true, "user"u8.ToArray(), "secret"u8.ToArray()),
        IdentityResponse = "ok"u8.ToArray(),
    };

    private static readonly AAssociateRq Request = new("CALLED", "CALLING",
        [new(1, "1.2.840.10008.1.1", ["1.2.840.10008.1.2"]),
            new(3, "1.2.840.10008.5.1.4.1.1.2", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])], Everything);

    [Fact]
    public void Every_item_of_an_association_request_survives_writing_and_reading() => AssertSame(Request, Read(PduWriter.Write(Request)));

    [Fact]
    public void Every_other_PDU_survives_writing_and_reading()
    {
        AAssociateAc accept = new("CALLED", "CALLING",
            [new(1, ContextResult.Acceptance, "1.2.840.10008.1.2"), new(3, ContextResult.AbstractSyntaxNotSupported, "1.2.3")], Everything);
        foreach (Pdu pdu in (Pdu[])[accept, AAssociateRj.LocalLimitExceeded, new AReleaseRq(), new AReleaseRp(),
            new AAbort(AbortSource.ServiceProvider, AbortReason.UnexpectedPdu)])
            AssertSame(pdu, Read(PduWriter.Write(pdu)));
    }

    [Fact]
    public void Unknown_items_are_skipped()
    {
        byte[] bytes = [.. PduWriter.Write(Request), 0xE7, 0, 0, 3, 1, 2, 3];
        AssertSame(Request, PduReader.ReadBody(PduType.AssociateRq, bytes.AsSpan(6)));
    }

    [Fact]
    public void Even_and_repeated_context_ids_are_refused()
    {
        foreach (byte id in (byte[])[2, 1])
        {
            AAssociateRq request = Request with { Contexts = [Request.Contexts[0], Request.Contexts[1] with { Id = id }] };
            Assert.Equal(AbortReason.InvalidPduParameterValue,
                Assert.Throws<InvalidPduException>(() => Read(PduWriter.Write(request))).Reason);
        }
    }

    [Theory]
    [InlineData("474554202F20", AbortReason.UnrecognizedPdu)] // GET /
    [InlineData("160301010001", AbortReason.UnrecognizedPdu)] // TLS client hello
    [InlineData("0000000000FF", AbortReason.UnrecognizedPdu)]
    [InlineData("0100FFFFFFFF", AbortReason.InvalidPduParameterValue)]
    [InlineData("010000000043", AbortReason.InvalidPduParameterValue)]
    [InlineData("040000020001", AbortReason.InvalidPduParameterValue)]
    [InlineData("040000000005", AbortReason.InvalidPduParameterValue)]
    [InlineData("050000000005", AbortReason.InvalidPduParameterValue)]
    public void A_head_that_no_peer_sends_is_refused_before_its_body(string hex, object reason) =>
        Assert.Equal((AbortReason)reason,
            Assert.Throws<InvalidPduException>(() => PduReader.ReadHead(Convert.FromHexString(hex), 0x20000)).Reason);

    [Theory]
    [InlineData("00000001", 100)]
    [InlineData("00000000", 100)]
    [InlineData("00000061", 100)]
    [InlineData("FFFFFFFF", 100)]
    public void A_PDV_that_exceeds_its_PDU_is_refused(string length, long remaining) =>
        Assert.Throws<InvalidPduException>(() => PduReader.ReadPdvHead(Convert.FromHexString(length + "0103"), remaining));

    [Fact]
    public void Two_thousand_mutated_requests_are_parsed_or_refused_and_nothing_else()
    {
        byte[] good = PduWriter.Write(Request);
        Gen.Select(Gen.Int[0, good.Length - 7].Array[1, 6], Gen.Byte.Array[6], Gen.Int[0, good.Length - 6]).Sample((places, values, cut) =>
        {
            byte[] bytes = good[6..];
            for (int i = 0; i < places.Length; i++) bytes[places[i]] = values[i];
            foreach (byte[] body in (byte[][])[bytes, bytes[..cut]])
            {
                foreach (PduType type in (PduType[])[PduType.AssociateRq, PduType.AssociateAc])
                {
                    try
                    {
                        PduReader.ReadBody(type, body);
                    }
                    catch (InvalidPduException)
                    {
                    }
                }
            }
        }, iter: 2000, seed: "0000KPN5yW2d", threads: 1);
    }

    [Fact]
    public void Two_thousand_mutated_commands_are_parsed_or_refused_and_nothing_else()
    {
        byte[] good = new CommandSet(DimseCommand.CStoreRq) { MessageId = 7, AffectedSopClassUid = "1.2.3",
            AffectedSopInstanceUid = "1.2.3.4", HasDataset = true }.Write();
        Gen.Select(Gen.Int[0, good.Length - 1].Array[1, 4], Gen.Byte.Array[4], Gen.Int[0, good.Length]).Sample((places, values, cut) =>
        {
            byte[] bytes = [.. good];
            for (int i = 0; i < places.Length; i++) bytes[places[i]] = values[i];
            try
            {
                CommandSet.Read(bytes.AsSpan(0, cut)).Respond(DicomStatus.Success).Write();
            }
            catch (InvalidPduException)
            {
            }
        }, iter: 2000, seed: "0000KPN5yW2d", threads: 1);
    }

    [Fact]
    public void A_command_set_survives_writing_and_reading()
    {
        CommandSet command = new(DimseCommand.CStoreRq) { MessageId = 7, AffectedSopClassUid = "1.2.3", AffectedSopInstanceUid = "1.2.3.4",
            HasDataset = true };
        byte[] bytes = command.Write();
        Assert.Equal(bytes.Length - 12, BitConverter.ToInt32(bytes, 8));
        CommandSet read = CommandSet.Read(bytes);
        Assert.Equal((DimseCommand.CStoreRq, (ushort)7, "1.2.3", "1.2.3.4", true),
            (read.Command, read.MessageId, read.AffectedSopClassUid, read.AffectedSopInstanceUid, read.HasDataset));
        CommandSet response = CommandSet.Read(read.Respond(DicomStatus.OutOfResources).Write());
        Assert.Equal((DimseCommand.CStoreRsp, (ushort)7, "1.2.3.4", false, DicomStatus.OutOfResources),
            (response.Command, response.MessageIdBeingRespondedTo, response.AffectedSopInstanceUid, response.HasDataset, response.Status));
    }

    [Fact]
    public void Control_characters_of_a_peer_do_not_reach_a_log()
    {
        byte[] bytes = PduWriter.Write(Request);
        "A\nB\x1b[31m"u8.CopyTo(bytes.AsSpan(26));
        Assert.Equal("A?B?[31m", ((AAssociateRq)Read(bytes)).CallingAeTitle);
    }

    private static Pdu Read(byte[] bytes)
    {
        (PduType type, uint length) = PduReader.ReadHead(bytes, 0);
        Assert.Equal((uint)bytes.Length - 6, length);
        return PduReader.ReadBody(type, bytes.AsSpan(6));
    }

    /// <summary>Records with lists compare by reference; what they write compares by value.</summary>
    private static void AssertSame(Pdu expected, Pdu actual)
    {
        Assert.IsType(expected.GetType(), actual);
        Assert.Equal(PduWriter.Write(expected), PduWriter.Write(actual));
    }
}
