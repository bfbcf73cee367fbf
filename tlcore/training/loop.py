"""The only epoch loop: named short steps, with hooks around them."""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tlcore import runtime
from tlcore.encoders.base import Inputs, IntArray
from tlcore.errors import DivergedError
from tlcore.records import EpochRecord
from tlcore.training.augmentation import augmenter
from tlcore.training.batches import training_batches
from tlcore.training.checkpoint import Keeper, Snapshot, Standing
from tlcore.training.classifier import Classifier, predict_logits
from tlcore.training.heads import class_weights
from tlcore.training.hooks import Hook
from tlcore.training.optimizer import build_optimizer, set_rates
from tlcore.training.settings import TrainingSettings
from tlcore.training.working import form_of


@dataclass(frozen=True)
class Examples:
    """Items ready for the network, with their classes."""

    inputs: Inputs
    labels: IntArray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Job:
    """What the loop is to do."""

    fit: Examples
    validation: Examples | None
    """Labels to stop early by; None trains all epochs."""
    settings: TrainingSettings
    seed: int

    def __str__(self) -> str:
        """What tells this job's checkpoints from another's."""
        sizes = f"{len(self.fit)} {len(self.validation) if self.validation else 0}"
        return f"{sizes} {self.seed} {self.settings.model_dump_json()}"


class Loop:
    """Trains a network in place. Everything random comes from torch's global generator and the job's seed."""

    def __init__(self, network: Classifier, job: Job, hook: Hook, keeper: Keeper) -> None:
        self.network = network
        self.job, self.hook, self.keeper = job, hook, keeper
        self.form = form_of(network, job.settings.batch_size, int(job.fit.inputs.lengths.max()), job.seed)
        self.optimizer = build_optimizer(network, job.settings, self.form.copies)
        self.snapshot = Snapshot(network, self.optimizer)
        weights = class_weights(job.fit.labels, network.head.out_features, job.settings.class_weights)
        self.augment = augmenter(job.settings)
        self.class_weights = torch.from_numpy(weights).to(runtime.device())

    def run(self) -> Standing:
        """All epochs, from the last checkpoint if there is one; the network ends with its best weights.

        Raises DivergedError when the loss is no longer a number, and what a hook raises, at once.
        """
        self.keeper.bring_back(self.snapshot)
        self.optimizer.refresh()
        while not self._finished():
            self._run_epoch()
        self._keep_best()
        return self.snapshot.standing

    def _finished(self) -> bool:
        """True after the last epoch, or when patience is at an end."""
        standing, settings = self.snapshot.standing, self.job.settings
        waited = standing.epoch - standing.best_epoch
        return standing.epoch >= settings.epochs or (self.job.validation is not None and waited >= settings.patience)

    def _run_epoch(self) -> None:
        """Train on every item once, look at the validation items, tell, save."""
        started = time.perf_counter()
        epoch = self.snapshot.standing.epoch + 1
        loss = self._train_pass(epoch)
        validation_loss, accuracy = self._validate(epoch)
        self._note(epoch, validation_loss)
        self.hook.on_epoch(
            EpochRecord(
                epoch=epoch,
                train_loss=loss,
                validation_loss=validation_loss,
                validation_accuracy=accuracy,
                seconds=time.perf_counter() - started,
            )
        )
        self.keeper.save_if_due(self.snapshot)

    def _train_pass(self, epoch: int) -> float:
        """One pass over the items to fit; gives the mean loss."""
        self.network.train()
        settings, total = self.job.settings, 0.0
        batches = training_batches(self.job.fit.inputs.lengths, settings.batch_size, self.job.seed, epoch)
        for place, rows in enumerate(batches):
            step = (epoch - 1) * len(batches) + place
            set_rates(self.optimizer, step, settings.epochs * len(batches), settings.warmup)
            total += self._train_step(rows, f"epoch {epoch}, step {place + 1}") * len(rows)
            self.hook.on_step((step + 1) / (settings.epochs * len(batches)))
        return total / len(self.job.fit)

    def _train_step(self, rows: IntArray, where: str) -> float:
        """One update of the weights; gives the loss before it.

        Loss and gradient are read before the weights change, so a broken one leaves them as they were. This is the only
        wait for a GPU in a step, and what lets a cancel act within a step.
        """
        loss = self._loss(rows)
        self.optimizer.zero_grad()
        loss.backward()
        norm = self.optimizer.norm()
        value, size = torch.stack([loss.detach(), norm]).tolist()
        self._check(value + size, where)
        self.optimizer.step(norm)
        return value

    def _loss(self, rows: IntArray) -> Tensor:
        """Mean cross-entropy of a batch, classes weighted, labels smoothed."""
        place = runtime.device()
        batch = {key: tensor.to(place) for key, tensor in self.form.batch(self.job.fit.inputs, rows).items()}
        labels = torch.from_numpy(self.job.fit.labels[rows]).to(place)
        if self.augment and "pixels" in batch:  # a stored prefix has no pixels: it saw each picture as it is
            batch["pixels"] = self.augment(batch["pixels"])
        return cross_entropy(self.form(batch), labels, self.class_weights, label_smoothing=self.job.settings.label_smoothing)

    def _validate(self, epoch: int) -> tuple[float | None, float | None]:
        """Loss and accuracy on the validation items, or (None, None) without any."""
        held = self.job.validation
        if held is None:
            return None, None
        share = epoch / self.job.settings.epochs
        logits = predict_logits(self.network, held.inputs, lambda done, total: self.hook.on_step(share))
        loss = float(cross_entropy(torch.from_numpy(logits), torch.from_numpy(held.labels), self.class_weights.cpu()))
        self._check(loss, f"the validation after epoch {epoch}")
        return loss, float(np.mean(logits.argmax(axis=1) == held.labels))

    def _note(self, epoch: int, validation_loss: float | None) -> None:
        """Count the epoch, and keep a copy of the weights if they are the best so far."""
        standing = replace(self.snapshot.standing, epoch=epoch)
        if validation_loss is not None and (standing.best_loss is None or validation_loss < standing.best_loss):
            standing = replace(standing, best_epoch=epoch, best_loss=validation_loss)
            self.snapshot.best = {name: tensor.detach().clone() for name, tensor in self.network.learned().items()}
        self.snapshot.standing = standing

    @torch.no_grad()
    def _keep_best(self) -> None:
        """Go back to the weights of the best epoch, where there was one."""
        for name, tensor in self.network.learned().items():
            if name in self.snapshot.best:
                tensor.copy_(self.snapshot.best[name])

    def _check(self, value: float, where: str) -> None:
        """Raise DivergedError unless the value is a finite number."""
        if not np.isfinite(value):
            rate = self.job.settings.learning_rate
            raise DivergedError(
                f"Training broke off in {where}: the loss is no longer a number. Lower the learning rate, now {rate:g}."
            )
