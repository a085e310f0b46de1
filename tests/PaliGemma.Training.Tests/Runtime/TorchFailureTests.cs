using System.Runtime.InteropServices;
using PaliGemma.Training.Runtime;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Runtime;

public class TorchFailureTests
{
    [Fact]
    public void Memory_that_is_not_there_is_told_in_one_line()
    {
        ExternalException error = Assert.ThrowsAny<ExternalException>(() => empty([1L << 55]));
        string? sentence = TorchFailure.Explain(new AggregateException(error));
        Assert.StartsWith("libtorch failed: ", sentence, StringComparison.Ordinal);
        Assert.Contains("--micro-batch-size", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', sentence!);
    }

    [Fact]
    public void Other_failures_are_not_its_business() => Assert.Null(TorchFailure.Explain(new IOException("full")));
}
