using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Tests.Models;

/// <summary>The texts are ONNX Runtime's and CUDA's own.</summary>
public sealed class InferenceFaultTests
{
    private static readonly CudaDevice H100 = new("NVIDIA H100 80GB HBM3", "580.159.04", "13.0", "9.0", 81079, null);

    [Theory]
    [InlineData("[ErrorCode:RuntimeException] BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 536870912", FaultKind.OutOfMemory)]
    [InlineData("[ErrorCode:Fail] Non-zero status code returned while running Conv node. Status Message: bfc_arena.cc:360 "
        + "void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Available memory of 72192 is smaller than requested bytes of 884736",
        FaultKind.OutOfMemory)] // as seen on an H200 under a memory limit
    [InlineData("[ErrorCode:Fail] CUDA failure 2: out of memory ; GPU=0 ; hostname=ct ; expr=cudaMalloc((void**)&p, size);", FaultKind.OutOfMemory)]
    [InlineData("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0", FaultKind.OutOfMemory)]
    [InlineData("CUDNN_FE failure 4001: CUDNN_STATUS_ALLOC_FAILED", FaultKind.OutOfMemory)]
    [InlineData("[ErrorCode:RuntimeException] std::bad_alloc", FaultKind.OutOfMemory)]
    [InlineData("CUDA failure 700: an illegal memory access was encountered ; GPU=0", FaultKind.DeviceLost)]
    [InlineData("CUDA failure 719: unspecified launch failure ; GPU=0", FaultKind.DeviceLost)]
    [InlineData("CUDA failure 710: device-side assert triggered", FaultKind.DeviceLost)]
    [InlineData("CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED ; GPU=0", FaultKind.DeviceLost)]
    [InlineData("CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version", FaultKind.Unavailable)]
    [InlineData("CUDA failure 100: no CUDA-capable device is detected", FaultKind.Unavailable)]
    [InlineData("Failed to load library /a/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file or directory", FaultKind.Unavailable)]
    [InlineData("[ErrorCode:InvalidArgument] Invalid rank for input: image Got: 2 Expected: 4 Please fix either the inputs/outputs or the model.", FaultKind.Refused)]
    public void A_failure_is_told_by_its_text(string text, object kind) => Assert.Equal(kind, InferenceFault.KindOf(text));

    [Fact]
    public void A_missing_library_is_named_with_the_CUDA_that_it_belongs_to()
    {
        string told = CudaTrouble.Explain("[ErrorCode:Fail] Failed to load library /a/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: "
            + "cannot open shared object file: No such file or directory", H100, null);
        foreach (string part in (string[])["libcublasLt.so.13 is missing (wanted: CUDA 13)", "NVIDIA H100 80GB HBM3", "driver 580.159.04", "LD_LIBRARY_PATH", "Inference:Device to cpu"])
            Assert.Contains(part, told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_cuDNN_is_named_as_such() => Assert.Contains("libcudnn.so.9 is missing (wanted: cuDNN 9)",
        CudaTrouble.Explain("libcudnn.so.9: cannot open shared object file: No such file or directory", H100, null), StringComparison.Ordinal);

    [Fact]
    public void What_ran_reads_short_and_names_card_and_driver()
    {
        Assert.Equal("cuda (NVIDIA H100 80GB HBM3, driver 580.159.04)", new InferenceRun("cuda", H100.Name!, H100.Driver, "ONNX Runtime 1.31.1").ToString());
        Assert.Equal("cpu", new InferenceRun("cpu", "AMD EPYC", null, "ONNX Runtime 1.31.1").ToString());
    }

    [Fact]
    public void Asking_for_a_GPU_never_throws_and_without_one_says_why()
    {
        CudaDevice found = CudaDevice.Probe(0);
        Assert.True(found.Name is null != found.Reason is null, found.Found);
        Assert.False(string.IsNullOrWhiteSpace(found.Found));
    }
}
