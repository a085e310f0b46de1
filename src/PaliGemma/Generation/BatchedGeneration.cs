using System.Diagnostics;
using System.Threading.Channels;
using PaliGemma.Processing;

namespace PaliGemma.Generation;

/// <summary>
/// A request at a <see cref="BatchScheduler"/>: the tokens of its sequences as they are chosen. Enumerate it once; disposing it ends the work.
/// </summary>
public sealed class BatchedGeneration : IAsyncEnumerable<(int Sequence, GeneratedToken Token)>, IDisposable
{
    private readonly Channel<(int Sequence, GeneratedToken Token)> _tokens =
        Channel.CreateUnbounded<(int, GeneratedToken)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = false });

    private readonly CancellationTokenSource _cancellation;
    private readonly List<ImageFeatureLease> _leases = [];
    private readonly List<DecodingSequence> _going = [];
    private readonly bool[] _stopped;
    private readonly long _start = Stopwatch.GetTimestamp();

    internal BatchedGeneration(PaliGemmaInputs inputs, GenerationOptions options, int sequences, CancellationToken cancellation)
    {
        Inputs = inputs;
        Options = options;
        SequenceCount = sequences;
        _stopped = new bool[sequences];
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Cancellation = _cancellation.Token;
    }

    /// <summary>Sequences that are generated from the one prompt.</summary>
    public int SequenceCount { get; }

    internal PaliGemmaInputs Inputs { get; }

    internal GenerationOptions Options { get; }

    /// <summary>Is cancelled when nobody wants the tokens any more.</summary>
    internal CancellationToken Cancellation { get; }

    internal TimeSpan Age => Stopwatch.GetElapsedTime(_start);

    /// <summary>The sequences that have not ended, once the prompt has been read.</summary>
    internal IReadOnlyList<DecodingSequence> Going => _going;

    /// <summary>From the request to its first token.</summary>
    internal TimeSpan FirstToken { get; set; }

    /// <summary>Tokens handed over so far.</summary>
    internal int TokenCount { get; private set; }

    /// <summary>Ends one of the sequences early; the others go on.</summary>
    public void Stop(int sequence) => Volatile.Write(ref _stopped[sequence], true);

    /// <inheritdoc/>
    public IAsyncEnumerator<(int Sequence, GeneratedToken Token)> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        _tokens.Reader.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_cancellation.IsCancellationRequested)
        {
            _cancellation.Cancel();
        }
        _cancellation.Dispose();
    }

    /// <summary>Encodes the next picture, if there is one that has not been.</summary>
    internal bool EncodeNext(ImageFeatureCache cache)
    {
        if (_leases.Count == Inputs.Pixels.Count)
        {
            return false;
        }
        _leases.Add(cache.Rent(Inputs.Pixels[_leases.Count], Cancellation));
        return true;
    }

    /// <summary>Reads the prompt; the sequences can then be decoded.</summary>
    internal void Prefill(IPaliGemmaModel model)
    {
        IDecodingState state = model.Prefill(_leases.ConvertAll(lease => lease.Features), Inputs.Tokens, Cancellation);
        ReleaseImages();
        for (int number = 0; number < SequenceCount; number++)
        {
            _going.Add(new DecodingSequence(number == 0 ? state : state.Fork(), Options, number));
        }
    }

    /// <summary>Hands over the token that a sequence was given.</summary>
    internal void HandOver(DecodingSequence sequence)
    {
        TokenCount++;
        _tokens.Writer.TryWrite((sequence.Number, sequence.Last));
    }

    /// <summary>Whether nobody wants a sequence's tokens any more.</summary>
    internal bool IsStopped(DecodingSequence sequence) => Cancellation.IsCancellationRequested || Volatile.Read(ref _stopped[sequence.Number]);

    /// <summary>Takes a sequence out that has ended or was stopped.</summary>
    internal void Leave(DecodingSequence sequence)
    {
        _going.Remove(sequence);
        sequence.State.Dispose();
    }

    /// <summary>Ends the tokens of a request that was given up while it waited.</summary>
    internal void Withdraw() => _tokens.Writer.TryComplete(new OperationCanceledException(Cancellation));

    /// <summary>Ends the tokens, with an error if there was one, and releases what the request holds.</summary>
    internal void End(Exception? error)
    {
        _tokens.Writer.TryComplete(error);
        _going.ForEach(sequence => sequence.State.Dispose());
        _going.Clear();
        ReleaseImages();
    }

    private void ReleaseImages()
    {
        _leases.ForEach(lease => lease.Dispose());
        _leases.Clear();
    }
}
