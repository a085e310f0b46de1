using System.Runtime.InteropServices;

namespace PaliGemma.Training.Runtime;

/// <summary>What libtorch says when it cannot do something, for instance for lack of memory.</summary>
internal static class TorchFailure
{
    /// <summary>One sentence about a failure of libtorch; null for any other.</summary>
    public static string? Explain(Exception error)
    {
        if (error is AggregateException { InnerException: Exception inner })
        {
            return Explain(inner);
        }
        if (error is not ExternalException)
        {
            return null;
        }
        // What follows are frames of native code.
        string first = error.Message.ReplaceLineEndings("\n").Split('\n')[0].Trim().TrimEnd('.');
        return $"libtorch failed: {first}; where memory is short, --micro-batch-size 1, --checkpoint-activations and --lora need less.";
    }
}
