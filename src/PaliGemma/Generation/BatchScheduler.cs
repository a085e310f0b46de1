using PaliGemma.Processing;

namespace PaliGemma.Generation;

/// <summary>
/// Serves many requests at once with one model. Requests wait in a queue, first come, first served; their sequences are decoded together,
/// join as soon as their prompt has been read, and leave as soon as they have ended. Between two tokens of a running sequence at most one
/// picture is encoded or one prompt read, so that none stalls for longer. What a request is given does not depend on the others.
/// </summary>
public sealed class BatchScheduler : IDisposable
{
    /// <summary>The meter that tells of queue, batches, tokens and cache; every value has the tag <c>model</c>.</summary>
    public const string MeterName = "PaliGemma";

    private readonly IPaliGemmaModel _model;
    private readonly ImageFeatureCache _cache;
    private readonly BatchOptions _options;
    private readonly DecodingBatch _batch;
    private readonly BatchMetrics _metrics;
    private readonly List<BatchedGeneration> _running = [];
    private readonly Lock _gate = new();
    private readonly LinkedList<BatchedGeneration> _queue = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private BatchedGeneration? _admitting;
    private TimeSpan _recentWait;
    private int _sequences;

    /// <summary>Creates a scheduler for a model, which others should then not use at the same time.</summary>
    /// <param name="pipeline">The model; not owned.</param>
    /// <param name="options">How much is taken on; null for the defaults.</param>
    /// <param name="name">What metrics call the model.</param>
    public BatchScheduler(PaliGemmaPipeline pipeline, BatchOptions? options = null, string name = "paligemma")
        : this(
            (pipeline ?? throw new ArgumentNullException(nameof(pipeline))).Model,
            pipeline.ImageCache,
            pipeline.Tokenizer.PieceCount,
            options ?? new BatchOptions(),
            name)
    {
    }

    internal BatchScheduler(IPaliGemmaModel model, ImageFeatureCache cache, int vocabularySize, BatchOptions options, string name)
    {
        options.Validate();
        _model = model;
        _cache = cache;
        _options = options;
        _batch = new DecodingBatch(model, vocabularySize);
        _metrics = new BatchMetrics(name, cache, () => QueueLength, () => SequenceCount);
        _thread = new Thread(Run) { IsBackground = true, Name = "PaliGemma batches" };
        _thread.Start();
    }

    /// <summary>Requests that wait, the one being read included.</summary>
    public int QueueLength
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Sequences that are being decoded.</summary>
    public int SequenceCount => Volatile.Read(ref _sequences);

    /// <summary>Puts a request into the queue.</summary>
    /// <param name="inputs">Pictures and prompt.</param>
    /// <param name="options">How to choose and when to stop; no beam search.</param>
    /// <param name="sequences">Sequences to generate from the prompt, which is read once.</param>
    /// <param name="cancellation">Takes the request out, wherever it is; its tokens then end with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="QueueFullException">As many requests are waiting as may.</exception>
    /// <exception cref="ArgumentException">
    /// An option is out of its range, asks for beam search, or there are more sequences than are decoded together.
    /// </exception>
    public BatchedGeneration Submit(
        PaliGemmaInputs inputs, GenerationOptions options, int sequences = 1, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.BeamCount != 1)
        {
            throw new ArgumentException("Requests that are decoded together cannot use beam search.", nameof(options));
        }
        if (sequences < 1 || sequences > _options.MaxSequences)
        {
            throw new ArgumentOutOfRangeException(
                nameof(sequences), sequences, $"A request has 1 to {_options.MaxSequences} sequences.");
        }
        BatchedGeneration generation = new(inputs, options, sequences, cancellation);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            if (_queue.Count >= _options.MaxWaiting)
            {
                generation.Dispose();
                throw new QueueFullException(_queue.Count, _recentWait);
            }
            _queue.AddLast(generation);
        }
        generation.Cancellation.Register(() => Withdraw(generation));
        _wake.Set();
        return generation;
    }

    /// <summary>Ends all requests with an <see cref="OperationCanceledException"/> and waits for the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }
            _stop.Cancel();
        }
        _wake.Set();
        _thread.Join();
        _metrics.Dispose();
        _wake.Dispose();
        _stop.Dispose();
    }

    /// <summary>Ends a request that waits; the thread notices by itself that one is not wanted any more which it is working on.</summary>
    private void Withdraw(BatchedGeneration generation)
    {
        lock (_gate)
        {
            if (_queue.Remove(generation))
            {
                generation.Withdraw();
            }
        }
    }

    private void Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            bool worked = Admit();
            if (_running.Count > 0)
            {
                Step();
            }
            else if (!worked)
            {
                _wake.WaitOne();
            }
        }
        OperationCanceledException ended = new("The scheduler has been stopped.");
        _running.ForEach(generation => generation.End(ended));
        _admitting?.End(ended);
        lock (_gate)
        {
            foreach (BatchedGeneration waiting in _queue)
            {
                waiting.End(ended);
            }
            _queue.Clear();
        }
    }

    /// <summary>Encodes one picture of the request that waits longest, or reads its prompt and lets it join, if there is room.</summary>
    /// <returns>Whether there was such a request.</returns>
    private bool Admit()
    {
        _admitting ??= NextWithRoom();
        if (_admitting is not BatchedGeneration next)
        {
            return false;
        }
        TimeSpan waited = next.Age;
        try
        {
            next.Cancellation.ThrowIfCancellationRequested();
            if (next.EncodeNext(_cache))
            {
                return true;
            }
            next.Prefill(_model);
            foreach (DecodingSequence sequence in next.Going)
            {
                _batch.Add(sequence);
            }
            _running.Add(next);
        }
        catch (Exception error)
        {
            next.End(error);
        }
        _admitting = null;
        lock (_gate)
        {
            _queue.Remove(next);
            _recentWait = waited;
        }
        return true;
    }

    private BatchedGeneration? NextWithRoom()
    {
        lock (_gate)
        {
            return _queue.First?.Value is BatchedGeneration first
                && _batch.Sequences.Count + first.SequenceCount <= _options.MaxSequences ? first : null;
        }
    }

    /// <summary>Gives every running sequence a token.</summary>
    private void Step()
    {
        DropStopped();
        Volatile.Write(ref _sequences, _batch.Sequences.Count);
        if (_batch.Sequences.Count == 0)
        {
            return;
        }
        try
        {
            _batch.Choose();
            _metrics.Stepped(_batch.Sequences.Count);
            foreach (BatchedGeneration generation in _running)
            {
                HandOver(generation);
            }
            _running.RemoveAll(generation => generation.Going.Count == 0);
            _batch.Advance(_stop.Token);
        }
        catch (Exception error)
        {
            _batch.Clear();
            _running.ForEach(generation => generation.End(error));
            _running.Clear();
        }
        Volatile.Write(ref _sequences, _batch.Sequences.Count);
    }

    private void HandOver(BatchedGeneration generation)
    {
        if (generation.Going.FirstOrDefault(sequence => sequence.Failure is not null) is { Failure: Exception failure })
        {
            foreach (DecodingSequence sequence in generation.Going)
            {
                _batch.Remove(sequence);
            }
            generation.End(failure);
            return;
        }
        if (generation.TokenCount == 0)
        {
            generation.FirstToken = generation.Age;
            _metrics.Began(generation.FirstToken);
        }
        foreach (DecodingSequence sequence in generation.Going)
        {
            generation.HandOver(sequence);
        }
        foreach (DecodingSequence ended in generation.Going.Where(sequence => sequence.HasEnded).ToArray())
        {
            _batch.Remove(ended);
            generation.Leave(ended);
        }
        EndIfDone(generation, error: null);
    }

    /// <summary>Takes the sequences out that nobody waits for.</summary>
    private void DropStopped()
    {
        foreach (BatchedGeneration generation in _running)
        {
            foreach (DecodingSequence stopped in generation.Going.Where(generation.IsStopped).ToArray())
            {
                _batch.Remove(stopped);
                generation.Leave(stopped);
            }
            EndIfDone(
                generation, generation.Cancellation.IsCancellationRequested ? new OperationCanceledException(generation.Cancellation) : null);
        }
        _running.RemoveAll(generation => generation.Going.Count == 0);
    }

    private void EndIfDone(BatchedGeneration generation, Exception? error)
    {
        if (generation.Going.Count == 0)
        {
            _metrics.Ended(generation.TokenCount, generation.Age - generation.FirstToken);
            generation.End(error);
        }
    }
}
